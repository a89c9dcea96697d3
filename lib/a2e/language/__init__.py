"""What is a language model, and what is a token? Corpora, tokenizers and n-gram models."""
