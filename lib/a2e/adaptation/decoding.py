"""From a model's scores to text: draw the next token, append it, and repeat."""

import torch

from a2e.transformer.models import Decoder


@torch.no_grad()
def generate(
    model: Decoder,
    prompt: list[int],
    length: int,
    *,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> list[int]:
    """Continue ``prompt`` by ``length`` tokens, each drawn from the model's distribution.

    Args:
        model: it reads the last ``max_length`` tokens.
        prompt: token ids to begin with, at least one.
        length: how many tokens to add.
        temperature: divides the logits; below 1 likely tokens become likelier, 0 always takes the likeliest.
        generator: source of the draws, for a repeatable text.

    Returns the prompt and its continuation. The whole text is read again for every token, which is simple
    and slow.
    """
    if not prompt:
        raise ValueError("prompt=[] gives the model nothing to continue: begin with at least one token")
    if length < 0:
        raise ValueError(f"length={length} must be 0 or more")
    if not temperature >= 0:
        raise ValueError(f"temperature={temperature} must be 0 (the likeliest token) or more")
    was_training, tokens = model.training, list(prompt)
    model.eval()
    try:
        for _ in range(length):
            window = torch.tensor([tokens[-model.configuration.max_length :]])  # (1, time)
            logits = model(window)[0, -1].float()  # (vocab,)
            if temperature == 0:
                tokens.append(int(logits.argmax()))
            else:
                probabilities = (logits / temperature).softmax(-1)
                tokens.append(int(torch.multinomial(probabilities, 1, generator=generator)))
    finally:
        model.train(was_training)
    return tokens
