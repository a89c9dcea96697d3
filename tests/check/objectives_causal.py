"""Wrong answers to the exercises of objectives/causal, which the checkers must refuse."""

import math
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

Table = dict[str, dict[str, float]]


def factors(table: Table, sentence: list[str]) -> list[float]:
    return [table.get(a, {}).get(b, 0.0) for a, b in pairwise(sentence)]


def log(p: float) -> float:
    return math.log(p) if p > 0 else -math.inf


def product(table: Table, sentence: list[str]) -> float:
    return math.prod(factors(table, sentence))


def surprise(table: Table, sentence: list[str]) -> float:
    return -sum(log(p) for p in factors(table, sentence))


def in_bits(table: Table, sentence: list[str]) -> float:
    return sum(log(p) / math.log(2) for p in factors(table, sentence))


def mean(table: Table, sentence: list[str]) -> float:
    return sum(log(p) for p in factors(table, sentence)) / max(len(sentence) - 1, 1)


def without_start(table: Table, sentence: list[str]) -> float:
    return sum(log(p) for p in factors(table, sentence[1:]))


def without_end(table: Table, sentence: list[str]) -> float:
    return sum(log(p) for p in factors(table, sentence)[:-1])


def missing_skipped(table: Table, sentence: list[str]) -> float:
    return sum(log(p) for p in factors(table, sentence) if p > 0)


def missing_made_small(table: Table, sentence: list[str]) -> float:
    return sum(log(max(p, 1e-10)) for p in factors(table, sentence))


def missing_is_an_error(table: Table, sentence: list[str]) -> float:
    return sum(math.log(table[a][b]) for a, b in pairwise(sentence))


def gradient(logits: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    leaf = logits.clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(leaf, targets, reduction=reduction), leaf)[0]


def one_hot(targets: Tensor, vocabulary: int) -> Tensor:
    return F.one_hot(targets.clamp(min=0), vocabulary)


def uphill(logits: Tensor, targets: Tensor) -> Tensor:
    return -gradient(logits, targets)


def of_the_sum(logits: Tensor, targets: Tensor) -> Tensor:
    return gradient(logits, targets, reduction="sum")


def divided_by_all(logits: Tensor, targets: Tensor) -> Tensor:
    return gradient(logits, targets, reduction="sum") / len(targets)


def ignored_as_token_zero(logits: Tensor, targets: Tensor) -> Tensor:
    return (logits.softmax(-1) - one_hot(targets, logits.shape[-1])) / (targets != -100).sum()


def softmax_alone(logits: Tensor, targets: Tensor) -> Tensor:
    keep = (targets != -100).unsqueeze(-1)
    return logits.softmax(-1) * keep / keep.sum()


def over_positions(logits: Tensor, targets: Tensor) -> Tensor:
    keep = (targets != -100).unsqueeze(-1)
    return (logits.softmax(0) - one_hot(targets, logits.shape[-1])) * keep / keep.sum()


def last_token_of_python_indexing(logits: Tensor, targets: Tensor) -> Tensor:
    keep = (targets != -100).unsqueeze(-1)
    return (logits.softmax(-1) - one_hot(targets - 1, logits.shape[-1])) * keep / keep.sum()


def of_the_targets_alone(logits: Tensor, targets: Tensor) -> Tensor:
    full = gradient(logits, targets)
    return full[torch.arange(len(targets)), targets.clamp(min=0)]


def behind(tokens: Tensor, lengths: Tensor) -> Tensor:
    return torch.arange(1, tokens.shape[1]) >= lengths[:, None]


def unshifted(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    return tokens[:, :-1], tokens[:, :-1].masked_fill(behind(tokens, lengths), -100)


def backwards(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    return tokens[:, 1:], tokens[:, :-1].masked_fill(behind(tokens, lengths), -100)


def padding_counted(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    return tokens[:, :-1], tokens[:, 1:]


def padding_by_value(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    return tokens[:, :-1], tokens[:, 1:].masked_fill(tokens[:, 1:] == 0, -100)


def one_padding_left(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    return tokens[:, :-1], tokens[:, 1:].masked_fill(behind(tokens, lengths + 1), -100)


def one_token_too_many(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    return tokens[:, :-1], tokens[:, 1:].masked_fill(behind(tokens, lengths - 1), -100)


def rolled(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    return tokens, tokens.roll(-1, dims=1).masked_fill(
        torch.arange(tokens.shape[1]) >= lengths[:, None], -100
    )


def two_ahead(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    ahead = tokens.roll(-2, dims=1)[:, :-1]
    return tokens[:, :-1], ahead.masked_fill(behind(tokens, lengths), -100)


Reports = dict[str, tuple[float, int]]


def rank(reports: Reports, cost: dict[str, float]) -> tuple[str, float]:
    best = min(reports, key=lambda name: cost[name])
    return best, cost[best]


def by_loss(reports: Reports, text: str) -> tuple[str, float]:
    name = min(reports, key=lambda name: reports[name][0])
    return name, reports[name][0] * reports[name][1] / len(text.encode()) / math.log(2)


def per_token(reports: Reports, text: str) -> tuple[str, float]:
    name = by_bits(reports, text)[0]
    return name, reports[name][0] / math.log(2)


def by_bits(reports: Reports, text: str, size: int = 0) -> tuple[str, float]:
    size = size or len(text.encode())
    return rank(
        reports, {name: nats * tokens / size / math.log(2) for name, (nats, tokens) in reports.items()}
    )


def per_character(reports: Reports, text: str) -> tuple[str, float]:
    return by_bits(reports, text, len(text))


def in_nats(reports: Reports, text: str) -> tuple[str, float]:
    size = len(text.encode())
    return rank(reports, {name: nats * tokens / size for name, (nats, tokens) in reports.items()})


def whole_text(reports: Reports, text: str) -> tuple[str, float]:
    return by_bits(reports, text, 1)


def worst(reports: Reports, text: str) -> tuple[str, float]:
    size = len(text.encode())
    name = max(reports, key=lambda name: reports[name][0] * reports[name][1])
    return name, reports[name][0] * reports[name][1] / size / math.log(2)


def bits_first(reports: Reports, text: str) -> tuple[float, str]:
    name, bits = by_bits(reports, text)
    return bits, name


WRONG: dict[str, list] = {
    "sentence_likelihood": [
        product,
        surprise,
        in_bits,
        mean,
        without_start,
        without_end,
        missing_skipped,
        missing_made_small,
        missing_is_an_error,
    ],
    "loss_gradient": [
        uphill,
        of_the_sum,
        divided_by_all,
        ignored_as_token_zero,
        softmax_alone,
        over_positions,
        last_token_of_python_indexing,
        of_the_targets_alone,
    ],
    "padded_targets": [
        unshifted,
        backwards,
        padding_counted,
        padding_by_value,
        one_padding_left,
        one_token_too_many,
        rolled,
        two_ahead,
    ],
    "leaderboard": [by_loss, per_token, per_character, in_nats, whole_text, worst, bits_first],
}
