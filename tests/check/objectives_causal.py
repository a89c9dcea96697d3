"""Answers to the exercises of objectives/causal: wrong ones with the diagnosis that fits, and right ones."""

import math
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from tests.check import objectives_causal_leaderboard as leaderboard
from tests.check.near import Answer, moved, times

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


def first_word_is_known(table: Table, sentence: list[str]) -> float:
    return sum(log(table[a].get(b, 0.0)) for a, b in pairwise(sentence))


def likelihood(table: Table, sentence: list[str]) -> float:
    return float(sum(map(log, factors(table, sentence))))


def without_words(value: float) -> Answer:
    """Return an answer that gives ``value`` for a sentence without words."""
    return lambda table, sentence: likelihood(table, sentence) if len(sentence) > 1 else value


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


def shifted(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    return tokens[:, :-1], torch.where(behind(tokens, lengths), -100, tokens[:, 1:])


def another_index(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    return tokens[:, :-1], torch.where(behind(tokens, lengths), -1000, tokens[:, 1:])


def end_ignored(text: int) -> Answer:
    """Return targets in which the last real token of one text is ignored."""

    def answer(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        inputs, targets = shifted(tokens, lengths)
        targets[text, lengths[text] - 2] = -100
        return inputs, targets

    return answer


def another_token(text: int, place: int, token: int) -> Answer:
    """Return inputs and targets of which one target is wrong."""

    def answer(tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        inputs, targets = shifted(tokens, lengths)
        targets[text, place] = token
        return inputs, targets

    return answer


WRONG = {
    "sentence_likelihood": [
        (product, "that is the probability: take the logarithm of each factor and add"),
        (surprise, "the sign is wrong"),
        (in_bits, "that is in bits"),
        (mean, "that is the mean per token"),
        (without_start, "the first pair, from <s> to the first word, was left out"),
        (without_end, "the last pair was left out"),
        (times(likelihood, 1 / math.log(10)), "is it the sum of log p(word | word before)?"),
        (times(mean, 1.01), "the result is -0.598, not -2.367: is it the sum"),
        (times(likelihood, 1 + 1e-6), "the result is -2.367, not -2.367"),
        (missing_skipped, "<s> a a b holds a pair that is not in the table and gets -2.079, not -inf"),
        (missing_made_small, "a missing pair has probability zero"),
        (missing_is_an_error, "<s> a a b stops with KeyError 'a'"),
        (first_word_is_known, "<s> d a stops with KeyError 'd': the first word may have no entry"),
        (without_words(-math.inf), "a sentence without words predicts nothing"),
        (without_words(1.0), "a sentence without words predicts nothing"),
    ],
    "loss_gradient": [
        (uphill, "every sign is turned"),
        (of_the_sum, "it is that of the sum: divide by the number of positions that count"),
        (divided_by_all, "it was divided by 4 positions, of which one is ignored: divide by 3"),
        (times(gradient, 3.01), "is the 1 taken off at the target's place?"),
        (ignored_as_token_zero, "the position with target -100 has slopes up to"),
        (moved(gradient, {(2, 0): 1e-5, (2, 1): -1e-5}), "the position with target -100 has slopes up to"),
        (softmax_alone, "a row sums to 0.333, not 0"),
        (over_positions, "was the one-hot vector of the target taken off the softmax over the vocabulary?"),
        (moved(gradient, {(0, 0): 1e-4}), "a row sums to 0.000, not 0"),
        (last_token_of_python_indexing, "although rows sum to 0: is the 1 taken off at the target's place?"),
        (moved(gradient, {(0, 0): 1e-3, (0, 1): -1e-3}), "although rows sum to 0"),
        (of_the_targets_alone, "a tensor of shape (4,), not a tensor of shape (4, 4)"),
        (lambda *given: gradient(*given).repeat(2, 1), "a tensor of shape (8, 4), not a tensor of"),
        (lambda *given: gradient(*given).tolist(), "the result is a list, not a tensor"),
    ],
    "padded_targets": [
        (unshifted, "the targets are not shifted, and the model would learn to copy"),
        (backwards, "the inputs are all tokens but the last"),
        (padding_counted, "padding has targets [0], not only -100"),
        (padding_by_value, "a real token at the end of a text was ignored"),
        (one_padding_left, "padding has targets [-100, 0], not only -100"),
        (one_token_too_many, "a real token at the end of a text was ignored"),
        (end_ignored(0), "a real token at the end of a text was ignored"),
        (end_ignored(1), "a real token at the end of a text was ignored"),
        (end_ignored(2), "a real token at the end of a text was ignored"),
        (another_index, "padding has targets [-1000], not only -100"),
        (rolled, "inputs has shape (3, 6), not (3, 5): 6 tokens make 5 questions"),
        (lambda *given: (shifted(*given)[0], given[0]), "targets has shape (3, 6), not (3, 5)"),
        (lambda *given: (shifted(*given)[0][:2], shifted(*given)[1]), "inputs has shape (2, 5), not (3, 5)"),
        (two_ahead, "the token one step later at every real position"),
        (another_token(0, 0, 3), "the targets of text 1 are [3, 7, 0, -100, -100], not [6, 7"),
        (another_token(2, 0, 9), "the targets of text 3 are [9, -100, -100, -100, -100], not [0, -100"),
        (another_token(1, 1, 3), "the targets of text 2 are [9, 3, 9, 8, 0], not [9, 8, 9, 8, 0]: the token"),
        (lambda *given: torch.stack(shifted(*given)), "a tensor of shape (2, 3, 5): return two tensors"),
        (lambda *given: shifted(*given)[1:], "the result is a tuple: return two tensors"),
        (lambda *given: (*shifted(*given), given[1]), "the result is a tuple: return two tensors"),
        (lambda *given: [part.tolist() for part in shifted(*given)], "the result is a list: return two"),
    ],
    "leaderboard": leaderboard.WRONG,
}  # fmt: skip
"""The wrong answers to each exercise, and words of the diagnosis that fits."""

RIGHT = {
    "sentence_likelihood": [
        likelihood,
        times(likelihood, 1 + 2e-7),
        times(likelihood, 1 - 2e-7),
        lambda *given: log(product(*given)),
        lambda *given: torch.tensor(factors(*given), dtype=torch.float64).log().sum(),
    ],
    "loss_gradient": [
        gradient,
        moved(gradient, {(2, 0): 5e-7}),
        moved(gradient, {(0, 0): 5e-6, (0, 1): -5e-6}),
        lambda logits, targets: (
            (logits.softmax(-1) - torch.eye(4)[targets % 4]) * (targets >= 0)[:, None] / (targets >= 0).sum()
        ),
    ],
    "padded_targets": [shifted, lambda *given: list(shifted(*given))],
    "leaderboard": leaderboard.RIGHT,
}
"""Right answers to each exercise that are written differently, or lie within what rounding may do."""
