"""Checkers for the page Basics."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from a2e.check.base import checker, require


@checker
def standardise(answer: Callable[[Tensor], Tensor]) -> str:
    """Check a function that gives every column of a matrix mean 0 and variance 1."""
    rows = torch.tensor([[1.0, 10.0], [3.0, 30.0], [5.0, 20.0], [7.0, 60.0]])
    result = answer(rows)
    require(
        isinstance(result, Tensor) and result.shape == rows.shape,
        f"the result is {_name(result)}, not a tensor of shape (4, 2): keep one entry for each of x",
    )
    means, variances = result.mean(dim=0), result.var(dim=0, correction=0)
    require(
        torch.allclose(means, torch.zeros(2), atol=1e-5),
        f"the columns have means {_list(means)}, not 0: was the mean taken over dim=0, one mean per column?",
    )
    require(
        not torch.allclose(variances, torch.full((2,), 3 / 4), atol=1e-4),
        "the variances are 0.75 for 4 rows: torch's std and var divide by n - 1; this page divides by n",
    )
    require(
        torch.allclose(variances, torch.ones(2), atol=1e-4),
        f"the columns have variances {_list(variances)}, not 1: was the centred column divided by the "
        "standard deviation, the root of its own variance?",
    )
    expected = (rows - rows.mean(dim=0)) / rows.std(dim=0, correction=0)
    require(
        torch.allclose(result, expected, atol=1e-4), "the entries have the wrong sign or order: x minus mean"
    )
    return "each column has mean 0 and variance 1"


@checker
def stable_loss(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Check a mean cross-entropy from logits that survives very large logits."""
    logits = torch.tensor([[4.0, 2.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 8.0, 4.0, 3.0]]).log()
    targets = torch.tensor([1, 3, 1])
    value = _number(answer(logits.clone(), targets))
    right = (math.log(4) + math.log(4) + math.log(2)) / 3
    for wrong, cause in (
        (-right, "the sign is wrong: a loss is minus the logarithm of the probability"),
        (3 * right, "that is the sum over the batch: take the mean"),
        (right / math.log(2), "that is in bits: use the natural logarithm for nats"),
        (_over_batch(logits, targets), "softmax went over dim=0: each row is one guess, use dim=-1"),
    ):
        require(abs(value - wrong) > 1e-4, f"the loss is {value:.3f}, not {right:.3f}: {cause}")
    require(
        abs(value - right) < 1e-4,
        f"the loss is {value:.3f}, not {right:.3f}: is it the mean over rows of -log p(target)?",
    )
    large = _number(answer(torch.tensor([[1000.0, 999.0], [0.0, 1000.0]]), torch.tensor([0, 0])))
    require(math.isfinite(large), f"for logits of 1000 the loss is {large}: subtract each row's maximum")
    expected = (math.log1p(math.exp(-1)) + 1000) / 2
    require(
        abs(large - expected) < 0.01,
        f"for logits of 1000 the loss is {large:.2f}, not {expected:.2f}: "
        "was a logarithm taken of a probability that had underflowed, or a value clamped?",
    )
    low = _number(answer(torch.tensor([[0.0, 0.0], [-1000.0, -1000.0]]), torch.tensor([0, 1])))
    require(
        abs(low - math.log(2)) < 1e-3,
        f"two even guesses cost {low:.3f}, not {math.log(2):.3f}: is the maximum that of each row?",
    )
    return "the loss agrees with the hand calculation and survives logits of 1000"


def _over_batch(logits: Tensor, targets: Tensor) -> float:
    """Return the loss of somebody who normalises over the batch."""
    return -logits.log_softmax(dim=0)[torch.arange(len(targets)), targets].mean().item()


def _number(result: object) -> float:
    """Return the one number in ``result``; refuse anything else."""
    single = isinstance(result, Tensor) and result.numel() == 1
    require(
        single or isinstance(result, float),
        f"the result is {_name(result)}, not one number: was the mean over the batch left out?",
    )
    return float(result)  # type: ignore[arg-type]


def _name(result: object) -> str:
    """Describe ``result`` in a few words."""
    if isinstance(result, Tensor):
        return f"a tensor of shape {tuple(result.shape)}"
    return f"a {type(result).__name__}"


def _list(numbers: Tensor) -> str:
    """Write a short tensor with two digits."""
    return ", ".join(f"{number:.2f}" for number in numbers.tolist())
