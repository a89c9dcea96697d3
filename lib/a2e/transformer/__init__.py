"""How does attention compute? Attention, positions, blocks, and the models made of them."""
