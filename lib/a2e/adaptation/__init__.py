"""How is a trained model used? Decoding: text from a model's probabilities."""
