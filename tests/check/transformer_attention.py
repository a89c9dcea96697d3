"""Answers to the exercises of Attention: wrong ones with the diagnosis that fits, and right ones."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tests.check.near import Answer, moved, times


def scaled_after(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.mT).softmax(-1) / math.sqrt(query.shape[-1]) @ value


def scaled(factor: Callable[[Tensor, Tensor, Tensor], float]) -> Answer:
    """Return attention whose scores are multiplied by ``factor`` of query, key and value."""
    return lambda query, key, value: (factor(query, key, value) * query @ key.mT).softmax(-1) @ value


def by_root_of(size: Callable[[Tensor, Tensor, Tensor], int]) -> Answer:
    """Return attention whose scores are divided by the root of another size."""
    return scaled(lambda *given: size(*given) ** -0.5)


def over_queries(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.mT / math.sqrt(query.shape[-1])).softmax(0) @ value


def divided_by_the_sum(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    scores = (query @ key.mT / math.sqrt(query.shape[-1])).abs()
    return scores / scores.sum(-1, keepdim=True) @ value


def other_weights(by: float) -> Answer:
    """Return attention whose first query sees the first key more, and the second less, by ``by``."""

    def answer(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        result = right(query, key, value)
        result[0] += by * (value[0] - value[1])
        return result

    return answer


right = F.scaled_dot_product_attention


def one_too_wide(length: int, width: int) -> Tensor:
    back = torch.arange(length)[:, None] - torch.arange(length)
    return (back >= 0) & (back <= width)


def both_sides(length: int, width: int) -> Tensor:
    back = torch.arange(length)[:, None] - torch.arange(length)
    return back.abs() < width


def transposed(length: int, width: int) -> Tensor:
    back = torch.arange(length) - torch.arange(length)[:, None]
    return (back >= 0) & (back < width)


def without_itself(length: int, width: int) -> Tensor:
    back = torch.arange(length)[:, None] - torch.arange(length)
    return (back > 0) & (back <= width)


def first_tokens(length: int, width: int) -> Tensor:
    place = torch.arange(length)
    return (place < width).expand(length, length).tril() | torch.eye(length, dtype=torch.bool)


def start_of_text(length: int, width: int) -> Tensor:
    place = torch.arange(length)
    return (place < width - 1).expand(length, length).tril() | torch.eye(length, dtype=torch.bool)


def one_ahead(length: int, width: int) -> Tensor:
    back = torch.arange(length)[:, None] - torch.arange(length)
    return (back >= -1) & (back < width)


def window(length: int, width: int) -> Tensor:
    return torch.ones(length, length, dtype=torch.bool).tril().triu(1 - width)


def width_wraps(length: int, width: int) -> Tensor:
    return window(length, width % length)


def all_when_wide(length: int, width: int) -> Tensor:
    return window(length, width) | (width >= length)


def diagonal_only(p: Tensor, g: Tensor) -> Tensor:
    return p * (1 - p) * g


def over_the_batch(p: Tensor, g: Tensor) -> Tensor:
    return p * (g - (p * g).sum(dim=0, keepdim=True))


def upside_down(p: Tensor, g: Tensor) -> Tensor:
    return p * ((p * g).sum(dim=-1, keepdim=True) - g)


def plain_mean(p: Tensor, g: Tensor) -> Tensor:
    return p * (g - g.mean(dim=-1, keepdim=True))


def gradient(p: Tensor, g: Tensor) -> Tensor:
    return p * (g - (p * g).sum(dim=-1, keepdim=True))


def jacobian(p: Tensor) -> Tensor:
    return p.diag_embed() - p[..., None] * p[..., None, :]


WRONG = {
    "attention": [
        (scaled_after, "the weights of a query sum to 0.25, not 1"),
        (over_queries, "softmax taken over the wrong axis?"),
        (times(right, 1 + 1e-4), "the weights of a query sum to 1.00, not 1"),
        (scaled(lambda q, k, v: 1.0), "not divided by the root of d_k"),
        (by_root_of(lambda q, k, v: q.shape[-1] ** 2), "divided by d_k, not by its root"),
        (by_root_of(lambda q, k, v: len(k)), "by the root of the number of keys, not of d_k"),
        (by_root_of(lambda q, k, v: v.shape[-1]), "by the root of the width of the values, not of d_k"),
        (by_root_of(lambda q, k, v: len(q)), "by the root of the number of queries, not of d_k"),
        (scaled(lambda q, k, v: q.shape[-1] ** 0.5), "the scores were multiplied by the root of d_k"),
        (scaled(lambda q, k, v: 1.01), "is it softmax(query @ key.mT / sqrt(d_k)) @ value?"),
        (divided_by_the_sum, "is it softmax(query @ key.mT / sqrt(d_k)) @ value?"),
        (other_weights(5e-4), "is it softmax(query @ key.mT / sqrt(d_k)) @ value?"),
        (lambda *given: right(*given).mT, "the result is (2, 3), not a tensor of shape (3, 2)"),
        (lambda *given: right(*given).tolist(), "the result is list, not a tensor of shape (3, 2)"),
    ],
    "window_mask": [
        (one_too_wide, "the tokens see [1, 2, 3, 4, 4, 4] tokens, not [1, 2, 3, 3, 3, 3]"),
        (lambda length, width: window(length, width - 1), "the tokens see [1, 2, 2, 2, 2, 2] tokens"),
        (both_sides, "a token sees a later one"),
        (transposed, "a token sees a later one"),
        (one_ahead, "a token sees a later one"),
        (without_itself, "a token does not see itself"),
        (first_tokens, "the tokens see [1, 2, 3, 4, 4, 4] tokens"),
        (start_of_text, "the window is not the nearest tokens"),
        (width_wraps, "a window wider than the text must be the causal mask"),
        (all_when_wide, "a window wider than the text must be the causal mask"),
        (lambda length, width: window(length, width).int(), "the mask holds torch.int32: make it boolean"),
        (lambda length, width: window(length, width)[None], "the result is (1, 6, 6), not"),
    ],
    "softmax_gradient": [
        (diagonal_only, "is the sum taken over the last axis, of p times g?"),
        (over_the_batch, "is the sum taken over the last axis, of p times g?"),
        (plain_mean, "is the sum taken over the last axis, of p times g?"),
        (moved(gradient, {(0, 0): 1e-4}), "a row sums to 0.00, not 0"),
        (upside_down, "is it p * (g - sum of p * g)?"),
        (moved(gradient, {(0, 0): 1e-3, (0, 1): -1e-3}), "is it p * (g - sum of p * g)?"),
        (lambda p, g: jacobian(p), "the result is (4, 6, 6), not a tensor of shape (4, 6)"),
    ],
}  # fmt: skip
"""The wrong answers to each exercise, and words of the diagnosis that fits."""

RIGHT = {
    "attention": [
        right,
        times(right, 1 + 5e-6),
        other_weights(1e-5),
        lambda query, key, value: torch.einsum(
            "nm,mv->nv", (query / 4 @ key.mT).exp() / (query / 4 @ key.mT).exp().sum(1, keepdim=True), value
        ),
    ],
    "window_mask": [window],
    "softmax_gradient": [
        gradient,
        moved(gradient, {(0, 0): 3e-6}),
        lambda p, g: (jacobian(p) @ g[..., None])[..., 0],
    ],
}
"""Right answers to each exercise that are written differently, or lie within what rounding may do."""
