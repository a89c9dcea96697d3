"""The shape of a Transformer, as plain numbers: what a paper's table of hyperparameters holds.

No torch here: counting the FLOPs of GPT-3 must not need the memory to build it.
"""

import math
from dataclasses import dataclass
from numbers import Integral

POSITIONS = ("rotary", "learned")
ACTIVATIONS = ("gelu", "gelu_tanh", "relu")


@dataclass(frozen=True)
class Configuration:
    """Sizes and choices of one encoder or decoder; impossible values are refused with what to change.

    Attributes:
        vocab_size: number of token ids.
        d_model: width of the vector that stands for a token.
        n_layers: number of blocks.
        n_heads: attention heads a block; they share ``d_model`` equally.
        d_ff: width of the feed-forward layer, usually ``4 * d_model``.
        max_length: longest sequence, in tokens.
        positions: ``"rotary"`` (RoPE, Su et al. 2021) or ``"learned"`` (a vector for each position).
        norm_first: layer norm before each sublayer (GPT-2) rather than after it (BERT, Vaswani et al.).
        activation: ``"gelu"``, ``"gelu_tanh"`` (GPT-2's approximation) or ``"relu"``.
        dropout: share of activations set to zero while training, in [0, 1).
        n_segments: kinds of segment that an encoder tells apart (BERT: 2); 0 for none.
        norm_eps: what layer norm adds to the variance.

    >>> Configuration(vocab_size=100, d_model=48, n_layers=2, n_heads=4, d_ff=192, max_length=64).d_head
    12
    >>> Configuration(vocab_size=100, d_model=50, n_layers=2, n_heads=4, d_ff=192, max_length=64)
    Traceback (most recent call last):
      ...
    ValueError: d_model=50 is not divisible by n_heads=4: take d_model=48 or 52, or another number of heads
    """

    vocab_size: int
    d_model: int
    n_layers: int
    n_heads: int
    d_ff: int
    max_length: int
    positions: str = "rotary"
    norm_first: bool = True
    activation: str = "gelu"
    dropout: float = 0.0
    n_segments: int = 0
    norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        for name in ("vocab_size", "d_model", "n_layers", "n_heads", "d_ff", "max_length"):
            _check_whole(name, getattr(self, name), least=1)
        if self.d_model % self.n_heads:
            below = self.d_model // self.n_heads * self.n_heads
            near = f"{below} or {below + self.n_heads}" if below else f"{self.n_heads}"
            raise ValueError(
                f"d_model={self.d_model} is not divisible by n_heads={self.n_heads}: "
                f"take d_model={near}, or another number of heads"
            )
        if self.positions not in POSITIONS:
            raise ValueError(f"positions={self.positions!r} is unknown: take one of {', '.join(POSITIONS)}")
        if self.positions == "rotary" and self.d_head % 2:
            raise ValueError(
                f"rotary positions turn pairs of features, and d_model / n_heads = {self.d_head} is odd: "
                "take an even head width or positions='learned'"
            )
        if self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation={self.activation!r} is unknown: take one of {known}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout={self.dropout} must lie in [0, 1)")
        _check_whole("n_segments", self.n_segments, least=0)
        if not (self.norm_eps > 0 and math.isfinite(self.norm_eps)):
            raise ValueError(f"norm_eps={self.norm_eps} must be positive and finite: 1e-5 is usual")

    @property
    def d_head(self) -> int:
        """Width of one attention head."""
        return self.d_model // self.n_heads


def _check_whole(name: str, value: int, least: int) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise ValueError(f"{name}={value!r} must be a whole number: give an int of at least {least}")
    if value < least:
        raise ValueError(f"{name}={value} must be at least {least}")


GPT3_175B = Configuration(
    vocab_size=50257, d_model=12288, n_layers=96, n_heads=96, d_ff=49152, max_length=2048, positions="learned"
)
"""GPT-3 175B, Brown et al. 2020, Table 2.1 (its alternating sparse attention is not modelled)."""
