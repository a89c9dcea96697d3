"""From a model's scores to text: draw the next token, append it, and repeat."""

from collections.abc import Sequence

import torch

from a2e.shapes import Natural, NonNegative, check_ids, checked, refuse, shown
from a2e.training.loop import autocast, evaluating
from a2e.transformer.models import Decoder


@checked
@torch.no_grad()
def generate(
    model: Decoder,
    prompt: Sequence[int],
    length: Natural,
    *,
    temperature: NonNegative = 1.0,
    generator: torch.Generator | None = None,
) -> list[int]:
    """Return ``prompt`` continued by ``length`` tokens, each drawn from the model's distribution.

    The whole text is read again for every token, which is simple and slow. The model's modes stay as they
    were. It may be on any device, and the draws are on the generator's: they repeat wherever the model is.
    Products have the type of its weights, inside a reader's own ``torch.autocast`` too.

    Args:
        model: it reads the last ``max_length`` tokens.
        prompt: token ids to begin with, at least one.
        length: how many tokens to add.
        temperature: divides the logits; less than 1 favours likely tokens, 0 always takes the most likely.
        generator: source of the draws, for a repeatable text; None draws anew each time.
    """
    refuse(not prompt, f"prompt is {prompt}: give at least one token to continue")
    check_ids(model.configuration.vocab_size, prompt=prompt)
    tokens, window = [int(token) for token in prompt], model.configuration.max_length
    device = model.embedding.weight.device
    with evaluating(model), autocast("fp32", model):
        for _ in range(length):
            logits = model(torch.tensor([tokens[-window:]], device=device))[0, -1].float()  # (vocab,)
            best = logits.max()
            refuse(
                not best.isfinite(),
                f"model is {shown(model)} that scores {best}: give one with finite weights",
            )
            if temperature == 0:
                tokens.append(int(logits.argmax()))
                continue
            # The best score is 0 before it is divided: however small the temperature, nothing overflows.
            probabilities = ((logits - best).double() / temperature).softmax(-1).float()
            if generator:
                probabilities = probabilities.to(generator.device)
            tokens.append(int(torch.multinomial(probabilities, 1, generator=generator)))
    return tokens
