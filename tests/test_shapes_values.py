"""Values that a signature cannot hold: past 64 bits or a float, narrow, of mixed types, not to be seen."""

import numpy as np
import pytest
import torch
from a2e import shapes
from a2e.shapes import Count, Finite, Text, checked, unchecked
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


class Undo:
    """A class whose name begins with the vowel that uint8 lacks."""


class Unigram:
    """One whose name begins as uint8 does."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a" * 99, "'" + "a" * 56 + "…"),
        ({"a": 1}.keys(), "a dict_keys"),
        (nn.Linear, "Linear"),
        (None, "None"),
        (torch.zeros(2, dtype=torch.uint8), "a uint8 tensor of shape (2,)"),
        (np.zeros(2, dtype=np.uint16), "a uint16 array of shape (2,)"),
        (torch.zeros((), dtype=torch.int8), "an int8 tensor of shape ()"),
        (Undo(), "an Undo"),
        (Unigram(), "a Unigram"),
    ],
)
def test_a_value_is_shown_in_few_words(value, text):
    assert shapes.shown(value) == text


@pytest.mark.parametrize("x", [torch.zeros(2, 3, device="meta"), torch.zeros(2, 3)])
def test_devices_that_do_not_go_together_are_said(x):
    where, other = x.device.type, {"cpu": "meta", "meta": "cpu"}[x.device.type]
    layer = Half().float().to(other)
    with pytest.raises(ValueError, match=f"x is of {where}: give {other}, the device of the weights"):
        layer(x)


def test_the_second_of_two_arguments_is_the_one_on_another_device_even_where_their_types_differ_too():
    @checked
    def add(x: Tensor, y: Tensor) -> Tensor:
        return x + y

    with pytest.raises(ValueError, match="y is of meta: give cpu, the device of x"):
        add(torch.zeros(2), torch.zeros(2, dtype=torch.float16, device="meta"))


def test_no_call_in_an_unchecked_function_is_checked_and_the_next_one_is():
    assert unchecked(lambda: squared(0))() == (0, 1.0)
    assert unchecked(lambda: (unchecked(lambda: squared(0))(), squared(0)))() == ((0, 1.0), (0, 1.0))
    with pytest.raises(ZeroDivisionError):
        unchecked(lambda: 1 // 0)()
    with pytest.raises(ValueError, match="n is 0"):
        squared(0)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"cores": 0, "name": "x"}, "machine cores is 0: give a whole number of at least 1"),
        ({"cores": 1}, "machine is ['cores']: give cores, name"),
        ({"cores": 1, "name": "x", "more": 2}, "machine is ['cores', 'name', 'more']: give cores, name"),
        (None, "machine is None: give cores, name"),
    ],
)
def test_entries_are_named_after_their_field(value, sentence):
    shapes.check_entries("machine", {"name": "x", "cores": 1}, {"cores": Count, "name": Text})
    with pytest.raises(ValueError) as caught:
        shapes.check_entries("machine", value, {"cores": Count, "name": Text})
    assert str(caught.value) == sentence
