"""The layers around attention: layer norm, the feed-forward network, token embeddings."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from a2e.transformer.configurations import ACTIVATIONS


def layer_norm(
    x: Float[Tensor, "... d_model"],
    weight: Float[Tensor, " d_model"],
    bias: Float[Tensor, " d_model"],
    eps: float = 1e-5,
) -> Float[Tensor, "... d_model"]:
    """Give each vector mean 0 and variance 1 over its features, then a learned scale and shift.

    Ba et al. 2016. The variance divides by n, not n - 1, and ``eps`` stands inside the root, as in every
    published checkpoint.

    >>> layer_norm(torch.tensor([1.0, 2.0, 3.0]), torch.ones(3), torch.zeros(3))
    tensor([-1.2247,  0.0000,  1.2247])
    """
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return centred / torch.sqrt(variance + eps) * weight + bias


class LayerNorm(nn.Module):
    """:func:`layer_norm` with a trainable weight and bias, which start at ones and zeros."""

    def __init__(self, d_model: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """Each vector of ``x`` normalised over its last axis."""
        # PyTorch's fused kernel gives layer_norm's numbers (a test compares them) in a fifth of its time.
        return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, self.eps)


def activate(x: Float[Tensor, "..."], activation: str) -> Float[Tensor, "..."]:
    """Apply the named activation function to each number.

    >>> activate(torch.tensor([-1.0, 0.0, 1.0]), "relu")
    tensor([0., 0., 1.])
    """
    if activation == "gelu":
        return F.gelu(x)
    if activation == "gelu_tanh":
        return F.gelu(x, approximate="tanh")
    if activation == "relu":
        return F.relu(x)
    raise ValueError(f"activation={activation!r} is unknown: take one of {', '.join(ACTIVATIONS)}")


class FeedForward(nn.Module):
    """Two linear layers with an activation between them, at each position alone.

    Vaswani et al. 2017, eq. 2.
    """

    def __init__(self, d_model: int, d_ff: int, activation: str = "gelu", dropout: float = 0.0) -> None:
        super().__init__()
        activate(torch.zeros(0), activation)  # an unknown name is refused here, not in the first batch
        self.activation = activation
        self.up = nn.Linear(d_model, d_ff)
        self.down = nn.Linear(d_ff, d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """Widen each vector to ``d_ff``, activate, and bring it back to ``d_model``."""
        return self.dropout(self.down(activate(self.up(x), self.activation)))
