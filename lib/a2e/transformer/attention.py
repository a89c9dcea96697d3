"""Scaled dot-product attention and the masks that say who may look where.

Each query takes a weighted mean of the values; a weight is large where the query's dot product with the
key is large. A mask is a table of booleans, True where a query (row) may look at a key (column).
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def attention_weights(
    query: Float[Tensor, "... query d_key"],
    key: Float[Tensor, "... key d_key"],
    mask: Bool[Tensor, "... #query key"] | None = None,
) -> Float[Tensor, "... query key"]:
    """The softmax of the scaled scores: row i says how much query i takes from each key.

    Rows sum to one, except that a query that may look nowhere has a row of zeros.

    >>> attention_weights(torch.eye(2), torch.eye(2), causal_mask(2))
    tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]])
    """
    _check_query_and_key(query, key)
    # Dividing the query is dividing the scores, and the query holds fewer numbers.
    scores = (query / math.sqrt(query.shape[-1])) @ key.mT  # (..., query, key)
    if mask is None:
        return scores.softmax(dim=-1)
    _check_mask(mask, scores)
    weights = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1)
    # Softmax over nothing but -inf is 0/0; a query that may look nowhere takes nothing instead.
    blind = ~mask.any(dim=-1, keepdim=True)  # (..., query, 1)
    return weights.masked_fill(blind, 0.0) if blind.any() else weights


def attention(
    query: Float[Tensor, "... query d_key"],
    key: Float[Tensor, "... key d_key"],
    value: Float[Tensor, "... key d_value"],
    mask: Bool[Tensor, "... #query key"] | None = None,
) -> Float[Tensor, "... query d_value"]:
    """Scaled dot-product attention (Vaswani et al. 2017, eq. 1).

    ``mask`` is True where a query may look; a query that may look nowhere gets zeros.

    >>> eye = torch.eye(2)
    >>> attention(eye, eye, eye)
    tensor([[0.6698, 0.3302],
            [0.3302, 0.6698]])
    """
    _check_key_and_value(key, value)
    return attention_weights(query, key, mask) @ value  # (..., query, d_value)


def causal_mask(length: int) -> Bool[Tensor, "{length} {length}"]:
    """Each position may look at itself and at what came before.

    >>> causal_mask(3).int()
    tensor([[1, 0, 0],
            [1, 1, 0],
            [1, 1, 1]], dtype=torch.int32)
    """
    if length < 1:
        raise ValueError(f"length={length} must be at least 1")
    return torch.ones(length, length, dtype=torch.bool).tril()


def padding_mask(present: Bool[Tensor, "batch key"]) -> Bool[Tensor, "batch 1 1 key"]:
    """From ``present`` (True for a real token, False for padding) to a mask that fits every head and query.

    >>> padding_mask(torch.tensor([[True, True, False]])).shape
    torch.Size([1, 1, 1, 3])
    """
    return present[:, None, None, :]


def _check_query_and_key(query: Tensor, key: Tensor) -> None:
    _check_leading("query", query, "key", key)
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"query has width {query.shape[-1]} and key {key.shape[-1]}: "
            "a dot product needs both of the same width d_key"
        )


def _check_key_and_value(key: Tensor, value: Tensor) -> None:
    _check_leading("key", key, "value", value)
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"key has {key.shape[-2]} rows and value {value.shape[-2]}: each key needs its one value"
        )


def _check_leading(name: str, one: Tensor, other_name: str, other: Tensor) -> None:
    if min(one.dim(), other.dim()) < 2 or one.shape[:-2] != other.shape[:-2]:
        raise ValueError(
            f"{name} has shape {tuple(one.shape)} and {other_name} {tuple(other.shape)}: "
            "each needs at least two axes, and all axes before the last two must agree"
        )


def _check_mask(mask: Tensor, scores: Tensor) -> None:
    if mask.dtype != torch.bool:
        raise ValueError(f"mask holds {mask.dtype}: give booleans, True where a query may look at a key")
    shape, wanted = tuple(mask.shape), tuple(scores.shape)
    fits = 2 <= len(shape) <= len(wanted) and shape[-1] == wanted[-1]
    if not fits or any(a not in (1, b) for a, b in zip(shape[::-1], wanted[::-1], strict=False)):
        raise ValueError(
            f"mask has shape {shape} and the scores {wanted}: its last axes must be ({wanted[-2]} or 1, "
            f"{wanted[-1]}), and each axis before them 1 or that of the scores"
        )
