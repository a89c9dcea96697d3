"""What is learned, and how is it scored? Causal and masked prediction, and pairs of sentences."""
