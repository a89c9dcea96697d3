"""Wrong answers to the exercises of Attention, which the checkers must refuse."""

import math

import torch
from torch import Tensor


def scaled_after(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.mT).softmax(-1) / math.sqrt(query.shape[-1]) @ value


def not_scaled(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.mT).softmax(-1) @ value


def scaled_by_width(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.mT / query.shape[-1]).softmax(-1) @ value


def scaled_by_keys(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.mT / math.sqrt(len(key))).softmax(-1) @ value


def over_queries(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.mT / math.sqrt(query.shape[-1])).softmax(0) @ value


def divided_by_the_sum(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    scores = (query @ key.mT / math.sqrt(query.shape[-1])).abs()
    return scores / scores.sum(-1, keepdim=True) @ value


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


def diagonal_only(p: Tensor, g: Tensor) -> Tensor:
    return p * (1 - p) * g


def over_the_batch(p: Tensor, g: Tensor) -> Tensor:
    return p * (g - (p * g).sum(dim=0, keepdim=True))


def upside_down(p: Tensor, g: Tensor) -> Tensor:
    return p * ((p * g).sum(dim=-1, keepdim=True) - g)


def plain_mean(p: Tensor, g: Tensor) -> Tensor:
    return p * (g - g.mean(dim=-1, keepdim=True))


WRONG = {
    "attention": [
        scaled_after,
        not_scaled,
        scaled_by_width,
        scaled_by_keys,
        over_queries,
        divided_by_the_sum,
    ],
    "window_mask": [one_too_wide, both_sides, transposed, without_itself, first_tokens],
    "softmax_gradient": [diagonal_only, over_the_batch, upside_down, plain_mean],
}
