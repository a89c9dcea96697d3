"""A reader's call that does not fit a signature ends in one sentence; inner calls are not checked."""
# mypy: disable-error-code="arg-type, call-arg, call-overload"

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from a2e import shapes
from a2e.shapes import BelowOne, Count, Finite, Natural, NonNegative, Positive, Probability, Text, checked
from jaxtyping import Bool, Float, Integer
from torch import Tensor, nn


@checked
def mix(
    x: Float[Tensor, "*batch time width"],
    y: Float[Tensor, "*batch other width"] | None = None,
    mask: Bool[Tensor, "*#batch #time other"] | None = None,
) -> str:
    return "done"


@checked
def count(ids: Integer[Tensor, "batch time"]) -> int:
    return len(ids)


def test_arrays_that_fit_pass():
    x, y = torch.zeros(2, 3, 4), torch.zeros(2, 5, 4)
    assert mix(x) == mix(x, y) == mix(x[0], y[0]) == "done"
    for shape in ((3, 5), (1, 5), (1, 3, 5), (2, 1, 5)):
        assert mix(x, y, torch.ones(shape, dtype=torch.bool)) == "done"
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        assert count(torch.zeros(2, 3, dtype=dtype)) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            (torch.zeros(4),),
            "x is a float32 tensor of shape (4,): give a float tensor of shape (..., time, width)",
        ),
        ((None,), "x is None: give a float tensor of shape (..., time, width)"),
        (
            (torch.zeros(3, 4).long(),),
            "x is an int64 tensor of shape (3, 4): give a float tensor of shape (..., time, width)",
        ),
        (
            (np.zeros((3, 4)),),
            "x is a float64 array of shape (3, 4): give a float tensor of shape (..., time, width), "
            "such as torch.from_numpy(x)",
        ),
        (
            (torch.zeros(3, 4), torch.zeros(5, 6)),
            "y is a float32 tensor of shape (5, 6): give a float tensor of shape (..., other, width) "
            "or None, as x has shape (3, 4) for (..., time, width)",
        ),
        (
            (torch.zeros(2, 3, 4), torch.zeros(2, 5, 4), torch.ones(5, 3) > 0),
            "mask is a bool tensor of shape (5, 3): give a boolean tensor of shape (..., time or 1, other) "
            "or None, as x has shape (2, 3, 4) for (..., time, width)",
        ),
    ],
)
def test_a_misfit_is_named_with_its_shape_and_what_would_do(arguments, sentence):
    with pytest.raises(ValueError) as caught:
        mix(*arguments)
    assert str(caught.value) == sentence
    assert not getattr(caught.value, "__notes__", [])


def test_integers_are_asked_for_with_a_conversion():
    with pytest.raises(ValueError, match=r"ids is a float32 .* such as ids\.long\(\)$"):
        count(torch.zeros(2, 3))
    with pytest.raises(ValueError, match="ids is a bool tensor"):
        count(torch.zeros(2, 3) > 0)


@checked
def take(
    whole: int = 0,
    number: float = 0.0,
    yes: bool = True,
    word: str = "",
    items: Sequence[int] = (),
    names: Iterable[str] = (),
    function: Callable[[int], int] | None = None,
    count: Count = 1,
    natural: Natural = 0,
    finite: Finite = 0.0,
    positive: Positive = 1.0,
    not_negative: NonNegative = 0.0,
    probability: Probability = 0.0,
    below_one: BelowOne = 0.0,
    text: Text = "a",
    quoted: "int" = 0,
    *rest: str,
) -> None:
    """Take one of each."""


FITS: list[tuple[str, Any]] = [
    ("whole", np.int64(3)),
    ("whole", -1),
    ("number", 3),
    ("number", np.float32(0.5)),
    ("number", np.uint8(1)),
    ("number", float("nan")),
    ("items", [1, np.int32(2)]),
    ("items", ()),
    ("names", {"a": 1}),
    ("names", iter("a")),
    ("function", len),
    ("function", None),
    ("count", 1),
    ("natural", 0),
    ("finite", -1.5),
    ("positive", 1e-300),
    ("not_negative", 0),
    ("probability", 1),
    ("below_one", 0),
    ("text", "a b"),
    ("quoted", 1),
]
MISFITS: list[tuple[str, Any, str]] = [
    ("whole", True, "a whole number"),
    ("whole", 1.0, "a whole number"),
    ("whole", "1", "a whole number"),
    ("whole", None, "a whole number"),
    ("number", True, "a number"),
    ("number", "0.5", "a number"),
    ("number", [1.0], "a number"),
    ("yes", 1, "True or False"),
    ("yes", "no", "True or False"),
    ("word", 3, "a text"),
    ("word", b"a", "a text"),
    ("items", "12", "a list, each item a whole number"),
    ("items", [1, 2.5], "a list, each item a whole number"),
    ("items", [1] * 999 + [True], "each item a whole"),
    ("items", 3, "a list"),
    ("names", "abc", "a list, each item a text"),
    ("names", ["a", 1], "each item a text"),
    ("function", 3, "a function or None"),
    ("count", 0, "a whole number of at least 1"),
    ("count", 1.5, "a whole number of at least 1"),
    ("natural", -1, "a whole number of at least 0"),
    ("finite", float("nan"), "a finite number"),
    ("finite", float("-inf"), "a finite number"),
    ("positive", 0, "a finite number above 0"),
    ("positive", float("inf"), "a finite number above 0"),
    ("not_negative", -1e-9, "a finite number of at least 0"),
    ("not_negative", float("nan"), "at least 0"),
    ("probability", 1.01, "a number from 0 to 1"),
    ("probability", float("nan"), "a number from 0 to 1"),
    ("probability", True, "a number from 0 to 1"),
    ("below_one", 1, "1 itself left out"),
    ("text", " ", "a text that is not empty"),
    ("quoted", "a", "a whole number"),
]


@pytest.mark.parametrize(("name", "value"), FITS)
def test_what_fits_passes(name, value):
    take(**{name: value})


@pytest.mark.parametrize(("name", "value", "wanted"), MISFITS)
def test_what_does_not_fit_is_refused(name, value, wanted):
    with pytest.raises(ValueError) as caught:
        take(**{name: value})
    assert str(caught.value).startswith(f"{name} is ")
    assert wanted in str(caught.value).partition(": give ")[2]


def test_what_has_a_star_is_checked_one_by_one():
    values = [0, 0.0, True, "", (), (), None, 1, 0, 0.0, 1.0, 0.0, 0.0, 0.0, "a", 0]
    take(*values, "a", "b")
    with pytest.raises(ValueError, match=r"rest is \('a', 2\): give a list, each item a text"):
        take(*values, "a", 2)


def test_a_missing_or_needless_argument_is_python_s_own_matter():
    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        mix()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        mix(torch.zeros(1, 1), z=3)


class Layer(nn.Module):
    width = 4

    @checked
    def forward(self, x: Float[Tensor, "batch {self.width}"]) -> Tensor:
        return x


def test_a_size_of_the_module_is_part_of_its_signature():
    assert Layer()(torch.zeros(2, 4)).shape == (2, 4)
    with pytest.raises(ValueError, match=r"x is .* \(2, 5\): give a float tensor of shape \(batch, 4\)$"):
        Layer()(torch.zeros(2, 5))


@checked
@dataclass(frozen=True)
class Pair:
    first: Count
    second: bool = False


def test_a_dataclass_is_checked_when_it_is_made():
    assert Pair(1, second=True).second
    with pytest.raises(ValueError, match="second is 'no': give True or False"):
        Pair(1, second="no")


def test_what_the_library_calls_is_not_checked_and_what_a_reader_s_function_calls_is(library):
    assert library.calls(count, torch.zeros(2, 3)) == 2
    with pytest.raises(ValueError, match="ids is"):
        library.calls(lambda: count(torch.zeros(2, 3)))


def test_a_module_of_the_library_is_the_library_s_also_when_torch_calls_its_forward(library):
    assert library.Outer(Layer())(torch.zeros(2, 5)).shape == (2, 5)


class Wrapped(nn.Module):
    """A reader's module, around one of the library's."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = Layer()

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


def test_a_reader_s_module_and_hook_inside_one_of_the_library_s_are_checked(library):
    with pytest.raises(ValueError, match="x is"):
        library.Outer(Wrapped())(torch.zeros(2, 5))
    outer = library.Outer(Layer())
    outer.inner.register_forward_hook(lambda *_: count(torch.zeros(2, 3)))
    with pytest.raises(ValueError, match="ids is"):
        outer(torch.zeros(2, 4))


@pytest.fixture(scope="module")
def library():
    """Code that stands in the library's folder, as far as Python can tell."""
    source = """
from torch import nn

def calls(function, *args):
    return function(*args)

class Outer(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)
"""
    module = ModuleType("a2e.beside")
    exec(compile(source, f"{shapes.HOME}beside.py", "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("folder", [shapes.HOME[:-1] + "_mine/", "/elsewhere" + shapes.HOME])
def test_a_folder_beside_the_library_or_named_like_it_is_a_reader_s(folder):
    module: dict[str, Any] = {}
    source = "def calls(function, *args):\n    return function(*args)"
    exec(compile(source, f"{folder}file.py", "exec"), module)
    with pytest.raises(ValueError, match="ids is"):
        module["calls"](count, torch.zeros(2, 3))


def test_a_call_that_fails_leaves_the_next_one_checked(library):
    with pytest.raises(ZeroDivisionError):
        library.calls(lambda: 1 // 0)
    with pytest.raises(ValueError, match="ids is"):
        count(torch.zeros(2, 3))


def test_a_decorated_function_keeps_its_name_text_and_signature():
    assert take.__name__ == "take" and take.__doc__ == "Take one of each."
    assert shapes.checked.__module__ == "a2e.shapes"


def test_another_thread_s_call_is_checked():
    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match="ids is"):
        pool.submit(count, torch.zeros(2, 3)).result()


@pytest.mark.parametrize("ids", [[], (), torch.zeros(0, dtype=torch.long), [0], 0, torch.tensor([[0]])])
def test_ids_of_a_vocabulary_of_one_are_none_or_zero(ids):
    shapes.check_ids(1, tokens=ids)


@pytest.mark.parametrize("ids", [[0, 1], [-1], 1, -1, torch.tensor([[0, 1]]), torch.tensor([-1])])
def test_other_ids_are_refused(ids):
    with pytest.raises(ValueError, match=r"tokens is .*: give ids from 0 to 0, of a vocabulary of 1"):
        shapes.check_ids(1, tokens=ids)


@checked
def settings(known: dict[str, Count], **more: Count) -> int:
    return sum(known.values()) + sum(more.values())


def test_each_item_of_a_dictionary_and_each_keyword_is_checked():
    assert settings({"a": 1, "b": 2}, c=3) == 6
    for known in ({"a": 1, "b": 0}, {"a": 1, 2: 2}, [("a", 1)], None):
        with pytest.raises(ValueError, match=r"known is .*: give a dict from a text to a whole number of at"):
            settings(known)
    with pytest.raises(ValueError, match=r"more is .*: give a dict from a text to a whole number of"):
        settings({}, c=1, d=0.5)
