"""Which way a model reads: a loss of next tokens means nothing for one that sees them."""

from a2e.shapes import checked, refuse, shown
from a2e.transformer.models import Encoder, MaskedLanguageModel


@checked
def check_causal(model: object) -> None:
    """Raise ``ValueError`` for an encoder, which sees the token that it is to predict.

    Of a model that is not ours nothing is known, and it passes.

    >>> check_causal(lambda tokens: tokens)
    """
    both_ways = isinstance(model, Encoder | MaskedLanguageModel)
    refuse(both_ways, f"model is {shown(model)}: give a causal one, such as a Decoder, that sees no target")
