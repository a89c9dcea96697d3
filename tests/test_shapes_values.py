"""Values that a signature cannot hold: past 64 bits or a float, narrow, of mixed types, not to be seen."""

import numpy as np
import pytest
import torch
from a2e.shapes import Count, Finite, Text, checked
from jaxtyping import Float
from torch import Tensor, nn


@checked
def squared(n: Count, x: Finite = 1.0) -> object:
    return n * n, x * x


@pytest.mark.parametrize(("n", "x"), [(200, 60000.0), (np.uint8(200), np.float16(60000.0))])
def test_narrow_numbers_of_numpy_do_not_wrap_around(n, x):
    assert squared(n, x) == squared(n, x=x) == (40000, 3.6e9)


@pytest.mark.parametrize("n", [2**63, 10**400])
def test_a_size_past_64_bits_is_refused(n):
    with pytest.raises(ValueError, match="give a whole number below 2"):
        squared(n)


def test_a_number_past_a_float_is_refused():
    with pytest.raises(ValueError, match=r"x is 1000.*: give a finite number"):
        squared(1, 10**400)


class Half(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 3).half()

    @checked
    def forward(self, x: Float[Tensor, "batch 3"]) -> Tensor:
        return self.inner(x)


def test_float_types_that_do_not_go_together_are_said():
    with pytest.raises(
        ValueError, match=r"x is of torch.float32: give torch.float16, the dtype of the weights"
    ):
        Half()(torch.zeros(2, 3))


def test_an_error_of_torch_on_operands_that_go_together_stays():
    @checked
    def add(x: Tensor, y: Tensor) -> Tensor:
        return x + y

    with pytest.raises(RuntimeError, match="must match"):
        add(torch.zeros(2), torch.zeros(3))


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200b", " \u2060 "])
def test_a_text_that_nobody_sees_is_empty(text):
    @checked
    def say(words: Text) -> str:
        return words

    with pytest.raises(ValueError, match="give a text that is not empty"):
        say(text)
