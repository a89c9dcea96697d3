"""Answers to the exercises of Tiny GPT: wrong ones with the diagnosis that fits, and right ones."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from tests.check.near import Answer, moved, times


def warmup_from_zero(step: int, steps: int, warmup: int) -> float:
    if step < warmup:
        return step / warmup
    return (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


def straight(step: int, steps: int, warmup: int) -> float:
    return (step + 1) / warmup if step < warmup else (steps - step) / (steps - warmup)


def cosine_of_the_whole_run(step: int, steps: int, warmup: int) -> float:
    return (step + 1) / warmup if step < warmup else (1 + math.cos(math.pi * step / steps)) / 2


def quarter_wave(step: int, steps: int, warmup: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return math.cos(math.pi / 2 * (step - warmup) / (steps - warmup))


def in_degrees(step: int, steps: int, warmup: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return (1 + math.cos(180 * (step - warmup) / (steps - warmup))) / 2


def flat_warmup(step: int, steps: int, warmup: int) -> float:
    return 1 / warmup if step < warmup else schedule(step, steps, warmup)


def schedule(step: int, steps: int, warmup: int) -> float:
    fallen = max(step - warmup, 0) / (steps - warmup)
    return min((step + 1) / warmup, math.cos(math.pi * fallen / 2) ** 2)


def off_at(place: int, by: float = 1e-5) -> Answer:
    """Return the right schedule with the factor of one step off by ``by``."""
    return lambda step, *rest: schedule(step, *rest) + by * (step == place)


def doubled_at(place: int) -> Answer:
    """Return the right schedule with the factor of one step twice as large."""
    return lambda step, *rest: schedule(step, *rest) * (1 + (step == place))


def parameters(d_model: int, d_ff: int) -> int:
    return 4 * d_model * (d_model + 1) + 2 * d_model * d_ff + d_ff + d_model + 4 * d_model


def without(missing: Callable[[int, int], int]) -> Answer:
    """Return the right count less what ``missing`` says of d_model and d_ff."""
    return lambda d_model, d_ff: parameters(d_model, d_ff) - missing(d_model, d_ff)


def divided_after(logits: Tensor, temperature: float) -> Tensor:
    return logits.softmax(-1) / max(temperature, 1e-9)


def multiplied(logits: Tensor, temperature: float) -> Tensor:
    return (logits * temperature).softmax(-1)


def ignored(logits: Tensor, temperature: float) -> Tensor:
    return logits.softmax(-1)


def overflowing(logits: Tensor, temperature: float) -> Tensor:
    powers = (logits / max(temperature, 1e-9)).exp()
    return powers / powers.sum()


def nan_at_zero(logits: Tensor, temperature: float) -> Tensor:
    return (logits / temperature).softmax(-1)


def one_hot(token: Tensor) -> Tensor:
    return torch.eye(4)[token]


def at_zero(result: Callable[[Tensor], Tensor]) -> Answer:
    """Return a right answer that gives ``result`` of the logits at temperature 0."""
    return lambda logits, temperature: probabilities(logits, temperature) if temperature else result(logits)


def probabilities(logits: Tensor, temperature: float) -> Tensor:
    scaled = (logits.double() - logits.max()) / max(temperature, 1e-9)
    return (scaled.exp() / scaled.exp().sum()).float()


def beside(by: float) -> Answer:
    """Return a right answer with ``by`` moved from the second token to the first, above temperature 0."""
    moving = moved(probabilities, {0: by, 1: -by})
    return lambda logits, temperature: (moving if temperature else probabilities)(logits, temperature)


def always_the_likeliest(logits: Tensor, temperature: float) -> Tensor:
    return torch.nn.functional.one_hot(logits.argmax(), len(logits)).float()


WRONG = {
    "warmup_cosine": [
        (warmup_from_zero, "the factor at step 0 is 0.00, not 0.10"),
        (doubled_at(0), "the factor at step 0 is 0.20, not 0.10"),
        (off_at(0), "the factor at step 0 is 0.10, not 0.10"),
        (flat_warmup, "the warm-up is not a straight line to 1"),
        (off_at(5), "the warm-up is not a straight line to 1"),
        (doubled_at(9), "the warm-up is not a straight line to 1"),
        (off_at(9), "the warm-up is not a straight line to 1"),
        (cosine_of_the_whole_run, "the factor at step = warmup is 0.98, not 1"),
        (doubled_at(10), "the factor at step = warmup is 2.00, not 1"),
        (off_at(10), "the factor at step = warmup is 1.00, not 1"),
        (quarter_wave, "the factor half-way between warmup and steps is 0.71, not 0.5"),
        (in_degrees, "is it a cosine of pi u?"),
        (doubled_at(60), "the factor half-way between warmup and steps is 1.00, not 0.5"),
        (off_at(60), "the factor half-way between warmup and steps is 0.50, not 0.5"),
        (straight, "a straight line has 0.75 there, the cosine falls slowly at first"),
        (doubled_at(35), "the factor after a quarter of the fall is 1.71, not 0.85"),
        (off_at(35), "the factor after a quarter of the fall is 0.85, not 0.85"),
    ],
    "block_parameters": [
        (without(lambda d, d_ff: 5 * d + d_ff), "too few: the biases are missing"),
        (without(lambda d, d_ff: 4 * d), "512 too few: the four biases of attention, or the two norms"),
        (without(lambda d, d_ff: 2 * d), "256 too few: one of the two norms, or the norms' shifts"),
        (without(lambda d, d_ff: d * d + d), "too few: the output matrix is missing"),
        (without(lambda d, d_ff: d * d_ff + d), "the second matrix of the feed-forward network is missing"),
        (without(lambda d, d_ff: d_ff + d), "the biases of the feed-forward network are missing"),
        (without(lambda d, d_ff: 1), "has 198,272 parameters, not 198,271"),
        (without(lambda d, d_ff: -12 * d * (d + 1)), "list the matrices first"),  # four heads, each as wide
        (lambda d, d_ff: 12 * d**2 + 13 * d, "a block with d_model=64 and d_ff=100 has"),  # d_ff is 4 d_model
        (without(lambda d, d_ff: d_ff != 512), "a block with d_model=64 and d_ff=100 has"),
    ],
    "next_token": [
        (divided_after, "the probabilities sum to 2.00, not 1: divide before softmax, not after it"),
        (times(probabilities, 1 + 1e-4), "the probabilities sum to 1.00, not 1"),
        (times(probabilities, 1 - 1e-4), "the probabilities sum to 1.00, not 1"),
        (multiplied, "a low temperature flattens the probabilities"),
        (lambda logits, t: probabilities(logits, min(t, 1 / t)), "divided by it, not multiplied"),
        (ignored, "at temperature 0.5 the likeliest token has 0.64, not 0.86"),
        (always_the_likeliest, "at temperature 1.0 the likeliest token has 1.00, not 0.64"),
        (moved(probabilities, {0: 1e-4, 1: -1e-4}), "is it softmax of logits / temperature?"),
        (lambda logits, t: probabilities(logits, max(t, 1.0)), "at temperature 0.5"),
        (lambda logits, t: probabilities(logits, min(t, 1.0)), "at temperature 2.0"),
        (overflowing, "logits of 1,000 give nan: subtract the largest one first"),
        (nan_at_zero, "temperature 0 must give the likeliest token probability 1"),
        (at_zero(lambda logits: logits.softmax(-1)), "temperature 0 must give the likeliest token"),
        (at_zero(lambda logits: one_hot(logits.argmin())), "temperature 0 must give the likeliest token"),
        (lambda *given: probabilities(*given)[:3], "not a tensor with one probability for each token"),
        (lambda *given: probabilities(*given).repeat(2), "not a tensor with one probability"),
        (lambda *given: probabilities(*given).tolist(), "not a tensor with one probability"),
    ],
}  # fmt: skip
"""The wrong answers to each exercise, and words of the diagnosis that fits."""

RIGHT = {
    "warmup_cosine": [schedule, *(off_at(place, 5e-7) for place in (0, 5, 10, 35, 60))],
    "block_parameters": [
        parameters,
        lambda d_model, d_ff: sum(
            math.prod(shape)
            for shape in [*4 * [(d_model, d_model)], *2 * [(d_model, d_ff)], (9, d_model), (1, d_ff)]
        ),
    ],
    "next_token": [
        at_zero(lambda logits: one_hot(logits.argmax())),
        at_zero(lambda logits: (logits == logits.max()).float()),
        beside(1e-6),
    ],
}
"""Right answers to each exercise that are written differently, or lie within what rounding may do."""
