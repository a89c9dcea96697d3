"""Checkers for the page Tiny GPT."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from a2e.check.base import checker, require


@checker
def warmup_cosine(answer: Callable[[int, int, int], float]) -> str:
    """Check a schedule that rises linearly and falls along half a cosine wave."""
    factors = [float(answer(step, 110, 10)) for step in range(110)]
    require(
        abs(factors[0] - 0.1) < 1e-6,
        f"the factor at step 0 is {factors[0]:.2f}, not 0.10: with 10 steps of warm-up it is (0 + 1) / 10",
    )
    require(
        all(abs(factors[step] - (step + 1) / 10) < 1e-6 for step in range(10)),
        "the warm-up is not a straight line to 1: is it (step + 1) / warmup?",
    )
    require(
        abs(factors[10] - 1) < 1e-6,
        f"the factor at step = warmup is {factors[10]:.2f}, not 1: does u begin at 0 after the warm-up?",
    )
    require(
        abs(factors[60] - 0.5) < 1e-6,
        f"the factor half-way between warmup and steps is {factors[60]:.2f}, not 0.5: "
        "is u (step - warmup) / (steps - warmup), and is it a cosine of pi u?",
    )
    wanted = (1 + math.cos(math.pi / 4)) / 2
    require(
        abs(factors[35] - wanted) < 1e-6,
        f"the factor after a quarter of the fall is {factors[35]:.2f}, not {wanted:.2f}: "
        "a straight line has 0.75 there, the cosine falls slowly at first",
    )
    return "a straight rise, then half a cosine from 1 to 0"


@checker
def block_parameters(answer: Callable[[int, int], int]) -> str:
    """Check the number of parameters of one block against the library's block."""
    from a2e.transformer.blocks import Block
    from a2e.transformer.configurations import Configuration

    for d_model, n_heads, d_ff in ((128, 4, 512), (64, 8, 100)):
        shape = Configuration(2, d_model, 1, n_heads, d_ff, 2)
        right = sum(parameter.numel() for parameter in Block(shape).parameters())
        count = answer(d_model, d_ff)
        for missing, cause in (
            (4 * d_model + d_ff + d_model, "the biases are missing"),
            (4 * d_model, "the four biases of attention, or the two norms, are missing"),
            (2 * d_model, "one of the two norms, or the norms' shifts, are missing"),
            (d_model**2 + d_model, "the output matrix is missing"),
            (d_model * d_ff + d_model, "the second matrix of the feed-forward network is missing"),
            (d_ff + d_model, "the biases of the feed-forward network are missing"),
        ):
            require(count != right - missing, f"{count:,} is {missing:,} too few: {cause}")
        require(
            count == right,
            f"a block with d_model={d_model} and d_ff={d_ff} has {right:,} parameters, not {count:,}: "
            "list the matrices first, then their biases, then the norms",
        )
    return "equal to the library's block; the number of heads does not matter"


@checker
def next_token(answer: Callable[[Tensor, float], Tensor]) -> str:
    """Check probabilities from logits at several temperatures."""
    logits = torch.tensor([0.0, 2.0, 1.0, -1.0])
    for temperature in (1.0, 0.5, 2.0):
        result = answer(logits.clone(), temperature)
        require(
            isinstance(result, Tensor) and result.shape == logits.shape,
            "the result is not a tensor with one probability for each token",
        )
        require(
            abs(float(result.sum()) - 1) < 1e-5,
            f"the probabilities sum to {float(result.sum()):.2f}, not 1: divide before softmax, not after it",
        )
        require(
            not torch.allclose(result, (logits * temperature).softmax(-1)) or temperature == 1,
            "a low temperature flattens the probabilities: the logits are divided by it, not multiplied",
        )
        wanted = (logits / temperature).softmax(-1)
        require(
            torch.allclose(result, wanted, atol=1e-5),
            f"at temperature {temperature} the likeliest token has {float(result.max()):.2f}, "
            f"not {float(wanted.max()):.2f}: is it softmax of logits / temperature?",
        )
    large = answer(torch.tensor([1000.0, 999.0]), 1.0)
    require(bool(large.isfinite().all()), "logits of 1,000 give nan: subtract the largest one first")
    zero = answer(logits.clone(), 0.0)
    require(
        torch.equal(zero, torch.tensor([0.0, 1.0, 0.0, 0.0])),
        "temperature 0 must give the likeliest token probability 1: treat it before dividing",
    )
    return "softmax at 1, sharper below, the likeliest alone at 0"
