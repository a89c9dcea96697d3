"""Wrong answers to the exercises of Basics, which the checkers must refuse."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


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


WRONG: dict[str, list] = {
    "standardise": [
        over_rows,
        over_everything,
        divided_by_n_minus_one,
        divided_by_variance,
        only_centred,
        upside_down,
    ],
    "stable_loss": [
        overflowing,
        log_of_softmax,
        clamped,
        one_maximum_for_all,
        over_the_batch,
        summed,
        not_averaged,
        in_bits,
        wrong_sign,
        of_the_best_guess,
    ],
}
