"""Which way a model reads: a loss of next tokens means nothing for one that sees them."""

import functools
import types
from collections.abc import Callable, Iterator

from jaxtyping import Float, Integer
from torch import Tensor, nn

from a2e.shapes import checked, refuse, shown
from a2e.transformer.models import Encoder


@checked
def check_causal(model: object) -> None:
    """Raise ``ValueError`` for an encoder, alone or in another module: it sees the token to be predicted.

    Of a model without one of ours nothing is known, and it passes.

    >>> check_causal(lambda tokens: tokens)
    """
    both_ways = any(isinstance(part, Encoder) for part in _parts(model))
    refuse(both_ways, f"model is {shown(model)}: give a causal one, such as a Decoder, that sees no target")


def _parts(model: object) -> Iterator[nn.Module]:
    """Yield the modules in a model, a partial, a bound method or a decorator such as ``torch.no_grad()``."""
    if isinstance(model, nn.Module):
        yield from model.modules()
    elif isinstance(model, functools.partial):
        for held in (model.func, *model.args, *model.keywords.values()):
            yield from _parts(held)
    elif isinstance(model, types.MethodType):
        yield from _parts(model.__self__)
    elif hasattr(model, "__wrapped__"):
        yield from _parts(model.__wrapped__)


@checked
def logits_of(
    model: Callable[[Tensor], Tensor], inputs: Integer[Tensor, "batch time"]
) -> Float[Tensor, "batch time vocab"]:
    """Return what a causal ``model`` says of the next token at each place; ``ValueError`` for other shapes.

    >>> import torch
    >>> logits_of(lambda tokens: torch.zeros(*tokens.shape, 4), torch.tensor([[3, 1]])).shape
    torch.Size([1, 2, 4])
    """
    logits = model(inputs.clone())  # (batch, time, vocab); a model may edit what it reads, not the targets
    fits = isinstance(logits, Tensor) and logits.is_floating_point() and logits.shape[:-1] == inputs.shape
    refuse(not fits, f"model(tokens) is {shown(logits)}: return logits of shape (batch, time, vocab)")
    return logits
