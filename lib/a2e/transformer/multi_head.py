"""Multi-head attention: the same attention in several narrower subspaces side by side."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from a2e.shapes import BelowOne, Count, checked, refuse
from a2e.transformer.attention import attention, attention_weights
from a2e.transformer.positions import rotate


@checked
def split_heads(
    x: Float[Tensor, "batch time d_model"], n_heads: Count
) -> Float[Tensor, "batch {n_heads} time d_head"]:
    """Return each vector cut into ``n_heads`` pieces, the heads before time.

    >>> import torch
    >>> split_heads(torch.zeros(2, 5, 12), n_heads=3).shape
    torch.Size([2, 3, 5, 4])
    """
    refuse(x.shape[-1] % n_heads, f"n_heads is {n_heads}: give a divisor of d_model={x.shape[-1]}")
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


@checked
def merge_heads(x: Float[Tensor, "batch heads time d_head"]) -> Float[Tensor, "batch time d_model"]:
    """Return the heads' results side by side in one vector, which undoes :func:`split_heads`."""
    return x.transpose(1, 2).flatten(-2)


class MultiHeadAttention(nn.Module):
    """Self-attention with ``n_heads`` heads (Vaswani et al. 2017, sec. 3.2.2).

    Args:
        d_model: width in and out.
        n_heads: number of heads, a divisor of ``d_model``.
        dropout: probability with which an output is set to zero while training.
        rotary: turn queries and keys by their position (RoPE) before the dot product.

    A mask has four axes here, so that none is mistaken for another: ``causal_mask(time)[None, None]`` or
    ``padding_mask(present)``.
    """

    @checked
    def __init__(
        self, d_model: Count, n_heads: Count, dropout: BelowOne = 0.0, rotary: bool = False
    ) -> None:
        super().__init__()
        refuse(d_model % n_heads, f"n_heads is {n_heads}: give a divisor of d_model={d_model}")
        odd = rotary and d_model // n_heads % 2
        refuse(odd, f"n_heads is {n_heads}: give heads of even width, as rotary positions turn pairs")
        self.d_model, self.n_heads, self.rotary = d_model, n_heads, rotary
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.output = nn.Linear(d_model, d_model)
        self.dropout = nn.Dropout(dropout)

    @checked
    def queries_and_keys(
        self, x: Float[Tensor, "batch time {self.d_model}"]
    ) -> tuple[Float[Tensor, "batch heads time d_head"], Float[Tensor, "batch heads time d_head"]]:
        """Return the projected queries and keys of each head, turned by position if ``rotary``."""
        query = split_heads(self.query(x), self.n_heads)
        key = split_heads(self.key(x), self.n_heads)
        return (rotate(query), rotate(key)) if self.rotary else (query, key)

    @checked
    def weights(
        self,
        x: Float[Tensor, "batch time {self.d_model}"],
        mask: Bool[Tensor, "#batch #{self.n_heads} #time time"] | None = None,
    ) -> Float[Tensor, "batch heads time time"]:
        """Return the attention maps: for each head, how much each position (row) takes from each other."""
        query, key = self.queries_and_keys(x)
        return attention_weights(query, key, mask)

    @checked
    def forward(
        self,
        x: Float[Tensor, "batch time {self.d_model}"],
        mask: Bool[Tensor, "#batch #{self.n_heads} #time time"] | None = None,
    ) -> Float[Tensor, "batch time {self.d_model}"]:
        """Return ``x`` with its positions mixed where ``mask`` (True: may look) allows."""
        query, key = self.queries_and_keys(x)
        value = split_heads(self.value(x), self.n_heads)
        mixed = attention(query, key, value, mask)  # (batch, heads, time, d_head)
        return self.dropout(self.output(merge_heads(mixed)))
