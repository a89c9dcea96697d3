"""Scaled dot-product attention and the masks that say who may look where.

Each query takes a weighted mean of the values; a weight is large where the query's dot product with the
key is large. A mask is a table of booleans, True where a query (row) may look at a key (column).
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from a2e.shapes import Count, checked, refuse


@checked
def attention_weights(
    query: Float[Tensor, "*batch query d_key"],
    key: Float[Tensor, "*batch key d_key"],
    mask: Bool[Tensor, "*#batch #query key"] | None = None,
) -> Float[Tensor, "*batch query key"]:
    """Return the softmax of the scaled scores: row i says how much query i takes from each key.

    Rows sum to one, except that a query that may look nowhere has a row of zeros.

    >>> attention_weights(torch.eye(2), torch.eye(2), causal_mask(2))
    tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]])
    """
    # Dividing the query divides the scores, and is cheaper where there are more keys than d_key.
    scores = (query / math.sqrt(query.shape[-1])) @ key.mT  # (..., query, key)
    if mask is None:
        return scores.softmax(dim=-1)
    axes = scores.ndim
    refuse(mask.ndim not in (2, axes), f"mask is of {mask.ndim} axes: give 2, or {axes} as the scores")
    weights = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1)
    # Softmax over nothing but -inf is 0/0; a query that is fully masked takes nothing instead.
    fully_masked = ~mask.any(dim=-1, keepdim=True)  # (..., query, 1)
    return weights.masked_fill(fully_masked, 0.0) if fully_masked.any() else weights


@checked
def attention(
    query: Float[Tensor, "*batch query d_key"],
    key: Float[Tensor, "*batch key d_key"],
    value: Float[Tensor, "*batch key d_value"],
    mask: Bool[Tensor, "*#batch #query key"] | None = None,
) -> Float[Tensor, "*batch query d_value"]:
    """Return scaled dot-product attention (Vaswani et al. 2017, eq. 1): the weighted means of the values.

    ``mask`` is True where a query (row) may look at a key (column); one with two axes holds for the whole
    batch. A query that may look nowhere gets zeros. NaN in any other query, in a key that it may
    look at, or in any value (0 · NaN is NaN) gives NaN.

    >>> eye = torch.eye(2)
    >>> attention(eye, eye, eye)
    tensor([[0.6698, 0.3302],
            [0.3302, 0.6698]])
    """
    return attention_weights(query, key, mask) @ value  # (..., query, d_value)


@checked
def causal_mask(length: Count) -> Bool[Tensor, "{length} {length}"]:
    """Return the mask under which each position may look at itself and at what came before.

    >>> causal_mask(3).int()
    tensor([[1, 0, 0],
            [1, 1, 0],
            [1, 1, 1]], dtype=torch.int32)
    """
    return torch.ones(length, length, dtype=torch.bool).tril()


@checked
def padding_mask(present: Bool[Tensor, "batch key"]) -> Bool[Tensor, "batch 1 1 key"]:
    """Return a mask for every head and query from ``present``, True for a real token, False for padding.

    >>> padding_mask(torch.tensor([[True, True, False]])).shape
    torch.Size([1, 1, 1, 3])
    """
    return present[:, None, None, :]
