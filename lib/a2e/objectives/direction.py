"""Which way a model reads: a loss of next tokens means nothing for one that sees them."""

from torch import nn

from a2e.shapes import checked, refuse, shown
from a2e.transformer.models import Encoder


@checked
def check_causal(model: object) -> None:
    """Raise ``ValueError`` for an encoder, alone or in another module: it sees the token to be predicted.

    Of a model without one of ours nothing is known, and it passes.

    >>> check_causal(lambda tokens: tokens)
    """
    parts = model.modules() if isinstance(model, nn.Module) else [model]
    both_ways = any(isinstance(part, Encoder) for part in parts)
    refuse(both_ways, f"model is {shown(model)}: give a causal one, such as a Decoder, that sees no target")
