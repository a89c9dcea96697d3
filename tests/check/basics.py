"""Answers to the exercises of Basics: wrong ones with the diagnosis that fits, and right ones."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from tests.check.near import moved, plus, times


def over_rows(x: Tensor) -> Tensor:
    return (x - x.mean(dim=1, keepdim=True)) / x.std(dim=1, correction=0, keepdim=True)


def over_everything(x: Tensor) -> Tensor:
    return (x - x.mean()) / x.std(correction=0)


def divided_by_n_minus_one(x: Tensor) -> Tensor:
    return (x - x.mean(dim=0)) / x.std(dim=0)


def divided_by_variance(x: Tensor) -> Tensor:
    return (x - x.mean(dim=0)) / x.var(dim=0, correction=0)


def only_centred(x: Tensor) -> Tensor:
    return x - x.mean(dim=0)


def upside_down(x: Tensor) -> Tensor:
    return (x.mean(dim=0) - x) / x.std(dim=0, correction=0)


def right(x: Tensor) -> Tensor:
    return (x - x.mean(dim=0)) / x.std(dim=0, correction=0)


def one_column_by_n_minus_one(x: Tensor) -> Tensor:
    return torch.stack([right(x)[:, 0], divided_by_n_minus_one(x)[:, 1]], dim=1)


def picked(log_probabilities: Tensor, targets: Tensor) -> Tensor:
    return log_probabilities[torch.arange(len(targets)), targets]


def overflowing(logits: Tensor, targets: Tensor) -> Tensor:
    return (logits.exp().sum(dim=-1).log() - picked(logits, targets)).mean()


def log_of_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    return -picked(logits.softmax(dim=-1).log(), targets).mean()


def clamped(logits: Tensor, targets: Tensor) -> Tensor:
    return -picked((logits.softmax(dim=-1) + 1e-9).log(), targets).mean()


def one_maximum_for_all(logits: Tensor, targets: Tensor) -> Tensor:
    shifted = logits - logits.max()
    return (shifted.exp().sum(dim=-1).log() - picked(shifted, targets)).mean()


def over_the_batch(logits: Tensor, targets: Tensor) -> Tensor:
    return -picked(logits.log_softmax(dim=0), targets).mean()


def summed(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets, reduction="sum")


def not_averaged(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets, reduction="none")


def in_bits(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets) / math.log(2)


def wrong_sign(logits: Tensor, targets: Tensor) -> Tensor:
    return -F.cross_entropy(logits, targets)


def of_the_best_guess(logits: Tensor, targets: Tensor) -> Tensor:
    return -logits.log_softmax(dim=-1).amax(dim=-1).mean()


def of_huge_logits(answer, by: float):
    """Return an answer that is off by ``by`` for logits of 1,000 alone."""
    return lambda logits, targets: answer(logits, targets) + by * bool(logits.max() == 1000)


def of_small_logits(answer, by: float):
    """Return an answer that is off by ``by`` for logits of -1,000 alone."""
    return lambda logits, targets: answer(logits, targets) + by * bool(logits.min() == -1000)


TILT = {(0, 0): 1.0, (1, 0): -3.0, (2, 0): 3.0, (3, 0): -1.0}
"""A change of the first column that moves neither its mean nor, in first order, its variance."""


def tilted(by: float):
    return moved(right, {place: by * step for place, step in TILT.items()})


WRONG = {
    "standardise": [
        (over_rows, "the columns have means"),
        (over_everything, "the columns have means"),
        (moved(right, {(0, 1): 1e-4}), "the columns have means 0.00, 0.00, not 0"),
        (divided_by_n_minus_one, "torch's std and var divide by n - 1"),
        (times(divided_by_n_minus_one, 1 + 3e-5), "torch's std and var divide by n - 1"),
        (times(divided_by_n_minus_one, 1 + 3e-4), "the columns have variances 0.75, 0.75, not 1"),
        (one_column_by_n_minus_one, "the columns have variances 1.00, 0.75, not 1"),
        (divided_by_variance, "the columns have variances"),
        (only_centred, "the columns have variances"),
        (times(right, 1 + 1e-4), "the columns have variances 1.00, 1.00, not 1"),
        (upside_down, "wrong sign or order: x minus mean"),
        (tilted(1e-3), "wrong sign or order: x minus mean"),
        (lambda x: right(x)[:, :1], "a tensor of shape (4, 1), not a tensor of shape (4, 2)"),
        (lambda x: right(x).repeat(2, 1), "a tensor of shape (8, 2), not a tensor of shape (4, 2)"),
        (lambda x: right(x).tolist(), "the result is a list, not a tensor"),
    ],
    "stable_loss": [
        (overflowing, "for logits of 1000 the loss is inf: subtract each row's maximum"),
        (log_of_softmax, "for logits of 1000 the loss is inf"),
        (clamped, "was a logarithm taken of a probability that had underflowed, or a value clamped?"),
        (one_maximum_for_all, "is the maximum that of each row?"),
        (over_the_batch, "softmax went over dim=0"),
        (summed, "that is the sum over the batch: take the mean"),
        (not_averaged, "a tensor of shape (3,), not one number: was the mean over the batch left out?"),
        (lambda logits, targets: torch.zeros(0), "a tensor of shape (0,), not one number"),
        (lambda logits, targets: [1.0], "a list, not one number"),
        (in_bits, "that is in bits"),
        (plus(in_bits, 1e-3), "is it the mean over rows of -log p(target)?"),
        (wrong_sign, "the sign is wrong"),
        (times(F.cross_entropy, 2), "is it the mean over rows of -log p(target)?"),
        (of_the_best_guess, "is it the mean over rows of -log p(target)?"),
        (plus(F.cross_entropy, 2e-4), "is it the mean over rows of -log p(target)?"),
        (of_huge_logits(F.cross_entropy, 0.02), "for logits of 1000 the loss is 500.18, not 500.16"),
        (of_huge_logits(F.cross_entropy, -0.02), "for logits of 1000 the loss is 500.14, not 500.16"),
        (of_small_logits(F.cross_entropy, 2e-3), "two even guesses cost 0.695, not 0.693"),
        (of_small_logits(F.cross_entropy, math.log(2)), "two even guesses cost 1.386, not 0.693"),
    ],
}  # fmt: skip
"""The wrong answers to each exercise, and words of the diagnosis that fits."""

RIGHT = {
    "standardise": [
        times(right, 1 + 2e-5),
        moved(right, {(0, 1): 1e-5}),
        tilted(1e-5),
        lambda x: F.batch_norm(x, None, None, training=True, eps=1e-12),
    ],
    "stable_loss": [
        F.cross_entropy,
        plus(F.cross_entropy, 5e-5),
        of_huge_logits(F.cross_entropy, 5e-3),
        of_small_logits(F.cross_entropy, 5e-4),
        lambda logits, targets: F.nll_loss(logits.log_softmax(-1), targets).reshape(1),
        lambda logits, targets: F.cross_entropy(logits, targets).item(),
    ],
}
"""Right answers to each exercise that are written differently, or lie within what rounding may do."""
