"""Multi-head attention: the same attention in several narrower subspaces side by side."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from a2e.transformer.attention import attention, attention_weights
from a2e.transformer.positions import rotate


def split_heads(
    x: Float[Tensor, "batch time d_model"], n_heads: int
) -> Float[Tensor, "batch heads time d_head"]:
    """Cut each vector into ``n_heads`` pieces and put the heads before time.

    >>> import torch
    >>> split_heads(torch.zeros(2, 5, 12), n_heads=3).shape
    torch.Size([2, 3, 5, 4])
    """
    _check_heads(x.shape[-1], n_heads)
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


def merge_heads(x: Float[Tensor, "batch heads time d_head"]) -> Float[Tensor, "batch time d_model"]:
    """Undo :func:`split_heads`: the heads' results side by side in one vector."""
    return x.transpose(1, 2).flatten(-2)


def _check_heads(d_model: int, n_heads: int) -> None:
    if n_heads < 1:
        raise ValueError(f"n_heads={n_heads} must be at least 1")
    if d_model % n_heads:
        raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}: change one of them")


class MultiHeadAttention(nn.Module):
    """Self-attention with ``n_heads`` heads (Vaswani et al. 2017, sec. 3.2.2).

    Args:
        d_model: width in and out.
        n_heads: number of heads, a divisor of ``d_model``.
        dropout: share of the output set to zero while training.
        rotary: turn queries and keys by their position (RoPE) before the dot product.
    """

    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0, rotary: bool = False) -> None:
        super().__init__()
        _check_heads(d_model, n_heads)
        self.n_heads, self.rotary = n_heads, rotary
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.output = nn.Linear(d_model, d_model)
        self.dropout = nn.Dropout(dropout)

    def queries_and_keys(
        self, x: Float[Tensor, "batch time d_model"]
    ) -> tuple[Float[Tensor, "batch heads time d_head"], Float[Tensor, "batch heads time d_head"]]:
        """The projected queries and keys of each head, turned by position if ``rotary``."""
        query = split_heads(self.query(x), self.n_heads)
        key = split_heads(self.key(x), self.n_heads)
        return (rotate(query), rotate(key)) if self.rotary else (query, key)

    def weights(
        self,
        x: Float[Tensor, "batch time d_model"],
        mask: Bool[Tensor, "*#batch #time time"] | None = None,
    ) -> Float[Tensor, "batch heads time time"]:
        """The attention maps: for each head, how much each position (row) takes from each other one."""
        query, key = self.queries_and_keys(x)
        return attention_weights(query, key, mask)

    def forward(
        self,
        x: Float[Tensor, "batch time d_model"],
        mask: Bool[Tensor, "*#batch #time time"] | None = None,
    ) -> Float[Tensor, "batch time d_model"]:
        """Mix the positions of ``x`` where ``mask`` (True = may look) allows."""
        query, key = self.queries_and_keys(x)
        value = split_heads(self.value(x), self.n_heads)
        mixed = attention(query, key, value, mask)  # (batch, heads, time, d_head)
        return self.dropout(self.output(merge_heads(mixed)))
