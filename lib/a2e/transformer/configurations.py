"""The shape of a Transformer, as plain numbers: what a paper's table of hyperparameters holds.

No torch here: counting the FLOPs of GPT-3 must not need the memory to build it.
"""

from dataclasses import dataclass
from typing import Literal

from a2e.shapes import BelowOne, Count, Natural, Positive, checked

Positions = Literal["rotary", "learned"]
Activation = Literal["gelu", "gelu_tanh", "relu"]


@checked
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
    ValueError: d_model is 50, which n_heads=4 does not divide: take 48 or 52, or another number of heads
    """

    vocab_size: Count
    d_model: Count
    n_layers: Count
    n_heads: Count
    d_ff: Count
    max_length: Count
    positions: Positions = "rotary"
    norm_first: bool = True
    activation: Activation = "gelu"
    dropout: BelowOne = 0.0
    n_segments: Natural = 0
    norm_eps: Positive = 1e-5

    def __post_init__(self) -> None:
        if self.d_model % self.n_heads:
            below = self.d_model // self.n_heads * self.n_heads
            near = f"{below} or {below + self.n_heads}" if below else f"{self.n_heads}"
            raise ValueError(
                f"d_model is {self.d_model}, which n_heads={self.n_heads} does not divide: "
                f"take {near}, or another number of heads"
            )
        if self.positions == "rotary" and self.d_head % 2:
            raise ValueError(
                f"d_model / n_heads is {self.d_head}, and rotary positions turn pairs of features: "
                "take an even width of heads, or positions='learned'"
            )

    @property
    def d_head(self) -> int:
        """Width of one attention head."""
        return self.d_model // self.n_heads


GPT3_175B = Configuration(
    vocab_size=50257, d_model=12288, n_layers=96, n_heads=96, d_ff=49152, max_length=2048, positions="learned"
)
"""GPT-3 175B, Brown et al. 2020, Table 2.1; the text of section 2.1 gives d_ff and the context, and the
vocabulary is GPT-2's. (Its alternating sparse attention is not modelled.)"""
