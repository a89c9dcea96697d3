"""Wrong answers to the exercises of Tiny GPT, which the checkers must refuse."""

import math

import torch
from torch import Tensor


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


def no_biases(d_model: int, d_ff: int) -> int:
    return 4 * d_model**2 + 2 * d_model * d_ff + 4 * d_model


def one_norm(d_model: int, d_ff: int) -> int:
    return 4 * (d_model**2 + d_model) + 2 * d_model * d_ff + d_ff + d_model + 2 * d_model


def no_output(d_model: int, d_ff: int) -> int:
    return 3 * (d_model**2 + d_model) + 2 * d_model * d_ff + d_ff + d_model + 4 * d_model


def times_the_heads(d_model: int, d_ff: int) -> int:
    return 4 * 4 * (d_model**2 + d_model) + 2 * d_model * d_ff + d_ff + d_model + 4 * d_model


def d_ff_is_four_times(d_model: int, d_ff: int) -> int:
    return 12 * d_model**2 + 13 * d_model


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


def always_the_likeliest(logits: Tensor, temperature: float) -> Tensor:
    return torch.nn.functional.one_hot(logits.argmax(), len(logits)).float()


WRONG = {
    "warmup_cosine": [warmup_from_zero, straight, cosine_of_the_whole_run, quarter_wave, in_degrees],
    "block_parameters": [no_biases, one_norm, no_output, times_the_heads, d_ff_is_four_times],
    "next_token": [divided_after, multiplied, ignored, overflowing, nan_at_zero, always_the_likeliest],
}
