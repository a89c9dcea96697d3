"""The layers around attention: layer norm, the feed-forward network, token embeddings."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from a2e.shapes import BelowOne, Count, Positive, checked
from a2e.transformer.configurations import Activation


@checked
def layer_norm(
    x: Float[Tensor, "... d_model"],
    weight: Float[Tensor, " d_model"],
    bias: Float[Tensor, " d_model"],
    eps: Positive = 1e-5,
) -> Float[Tensor, "... d_model"]:
    """Return each vector with mean 0 and variance 1 over its features, then a learned scale and shift.

    Ba et al. 2016. The variance divides by n, not n - 1, and ``eps`` stands inside the root; both as
    in PyTorch, and so does a NaN make all of its vector NaN. 16-bit numbers are computed in 32 bits and
    rounded once, to the type of ``x``.

    In 32 bits both lose digits to an offset: at 1000 times the spread they are up to 1e-3 apart, and at 1e7
    times it neither is right. A vector whose squares overflow, above about 1e19, becomes the bias here.

    >>> layer_norm(torch.tensor([1.0, 2.0, 3.0]), torch.ones(3), torch.zeros(3))
    tensor([-1.2247,  0.0000,  1.2247])
    """
    wide = x.to(torch.promote_types(x.dtype, torch.float32))  # in float16 the square of 256 overflows
    centred = wide - wide.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return (centred / torch.sqrt(variance + eps) * weight + bias).to(x.dtype)


class LayerNorm(nn.Module):
    """:func:`layer_norm` with a trainable weight and bias, which start at ones and zeros."""

    @checked
    def __init__(self, d_model: Count, eps: Positive = 1e-5) -> None:
        super().__init__()
        self.d_model, self.eps = d_model, eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    @checked
    def forward(self, x: Float[Tensor, "... {self.d_model}"]) -> Float[Tensor, "... {self.d_model}"]:
        """Return each vector of ``x`` normalised over its last axis."""
        # PyTorch's fused kernel gives layer_norm's numbers up to rounding, in a fifth of its time: tests
        # compare them in 16, 32 and 64 bits.
        return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, self.eps)


@checked
def activate(x: Float[Tensor, "..."], activation: Activation) -> Float[Tensor, "..."]:
    """Return each number of ``x`` after the named activation function.

    >>> activate(torch.tensor([-1.0, 0.0, 1.0]), "relu")
    tensor([0., 0., 1.])
    """
    if activation == "gelu":
        return F.gelu(x)
    if activation == "gelu_tanh":
        return F.gelu(x, approximate="tanh")
    return F.relu(x)


class FeedForward(nn.Module):
    """Two linear layers with an activation between them, at each position alone.

    Vaswani et al. 2017, eq. 2.
    """

    @checked
    def __init__(
        self, d_model: Count, d_ff: Count, activation: Activation = "gelu", dropout: BelowOne = 0.0
    ) -> None:
        super().__init__()
        self.d_model, self.activation = d_model, activation
        self.up = nn.Linear(d_model, d_ff)
        self.down = nn.Linear(d_ff, d_model)
        self.dropout = nn.Dropout(dropout)

    @checked
    def forward(self, x: Float[Tensor, "... {self.d_model}"]) -> Float[Tensor, "... {self.d_model}"]:
        """Return each vector widened to ``d_ff``, activated, and brought back to ``d_model``."""
        return self.dropout(self.down(activate(self.up(x), self.activation)))
