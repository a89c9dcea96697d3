"""What an annotation asks for, and how an error sentence says it.

The annotated types (`Count`, `Positive`, `Probability`, `Text`, …) are Python's own with a range;
:func:`a2e.shapes.checked` holds arguments to them. A sentence shows the value given by `shown` and what would
do by `remedy`. No torch is imported here.
"""

import inspect
import math
import re
import types
import typing
from collections.abc import Callable, Collection, Iterable, Sequence
from numbers import Real
from typing import Annotated, Any

import numpy
from beartype.vale import Is
from jaxtyping import AbstractArray


def is_finite(x: Any) -> bool:
    """Say whether a number is finite, also as a float: an int can lie past the largest one."""
    try:
        return math.isfinite(x)
    except OverflowError:
        return False


Count = Annotated[int, Is[lambda n: 1 <= n < 2**63]]
Natural = Annotated[int, Is[lambda n: 0 <= n < 2**63]]
Finite = Annotated[float, Is[is_finite]]
Positive = Annotated[float, Is[lambda x: is_finite(x) and x > 0]]
NonNegative = Annotated[float, Is[lambda x: is_finite(x) and x >= 0]]
NonNegativeOrInf = Annotated[float, Is[lambda x: x >= 0]]
Probability = Annotated[float, Is[lambda x: 0 <= x <= 1]]
BelowOne = Annotated[float, Is[lambda x: 0 <= x < 1]]
Text = Annotated[str, Is[lambda text: any(sign.isprintable() and sign != " " for sign in text)]]

_WORDS = {
    Count: "a whole number of at least 1",
    Natural: "a whole number of at least 0",
    Finite: "a finite number",
    Positive: "a finite number above 0",
    NonNegative: "a finite number of at least 0",
    NonNegativeOrInf: "a number of at least 0",
    Probability: "a number from 0 to 1",
    BelowOne: "a number from 0 to 1, 1 itself left out",
    Text: "a text that is not empty",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    str: "a text",
    bytes: "bytes",
    type(None): "None",
    None: "None",
    numpy.ndarray: "a NumPy array",
}
"""What would do, for each annotation that is not the name of a class."""


def shown(value: Any) -> str:
    """Return ``value`` as an error sentence shows it: arrays by type and shape, objects by their class.

    >>> shown(0.5), shown([1, 2]), shown({}.keys())
    ('0.5', '[1, 2]', 'a dict_keys')
    """
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        kind = "array" if type(value).__module__ == "numpy" else "tensor"
        return f"{_a(str(value.dtype).removeprefix('torch.'))} {kind} of shape {tuple(value.shape)}"
    if value is None or isinstance(value, str | bytes | Real | list | tuple | dict | set):
        text = re.sub(r"\s*\n\s*", " ", repr(value))  # a list of arrays takes several lines
        return text if len(text) <= 60 else f"{text[:57]}…"
    return getattr(value, "__name__", None) or _a(type(value).__name__)


def _a(words: str) -> str:
    """Return ``words`` with the article that is heard before them: an int64, a uint8, a Unigram, an Undo."""
    vowel = re.match("[aeio]|u(?!int|ni|se)", words, re.IGNORECASE)
    return f"{'an' if vowel else 'a'} {words}"


def _wanted(hint: Any, given: dict[str, Any]) -> str:
    """Return in words what ``hint`` asks for."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _WORDS:
        return _WORDS[hint]
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_wanted(one, given) for one in arguments)
    if _is_array(hint):
        axes = _axes(hint, given)
        kind = "array" if hint.array_type is numpy.ndarray else "tensor"
        return f"{_a(_kind(hint))} {kind} of " + (f"shape ({axes})" if axes else "one number")
    if origin is typing.Literal:
        return f"one of {', '.join(map(repr, arguments))}"
    if origin is Callable:
        return "a function"
    if origin in (Collection, Sequence, Iterable, list, tuple) and arguments:
        return "a list" if arguments[0] is Any else f"a list, each item {_wanted(arguments[0], given)}"
    if origin is dict and arguments[1] is not Any:
        return f"a dict from {_wanted(arguments[0], given)} to {_wanted(arguments[1], given)}"
    return _a(getattr(hint, "__name__", str(hint)))


def _is_array(hint: Any) -> bool:
    return inspect.isclass(hint) and issubclass(hint, AbstractArray)


def _axes(hint: type[AbstractArray], given: dict[str, Any]) -> str:
    """Return the axes of an array annotation as a reader writes a shape: "..., query or 1, 64"."""
    words = []
    for axis in hint.dim_str.format(**given).split():
        several = axis.startswith(("*", "..."))
        words.append("..." if several else f"{axis[1:]} or 1" if axis.startswith("#") else axis)
    return ", ".join(words)


def _kind(hint: type[AbstractArray]) -> str:
    """Return what numbers an array annotation asks for, in a word."""
    kinds = {"float": "float", "int": "integer", "uint": "integer", "bool": "boolean"}
    return next(kinds[name] for name in kinds if any(str(dtype).startswith(name) for dtype in hint.dtypes))


def remedy(name: str, given: dict[str, Any], hints: dict[str, Any]) -> str:
    """Return what would do: the annotation in words, the sizes that earlier arguments fixed, a conversion."""
    value, words = given[name], _wanted(hints[name], given)
    if words.startswith("a whole number") and isinstance(value, int) and value >= 2**63:
        return "a whole number below 2**63"
    hint = next((one for one in typing.get_args(hints[name]) if _is_array(one)), hints[name])
    if not _is_array(hint) or not hasattr(value, "dtype") or hint.array_type is numpy.ndarray:
        return words
    if type(value).__module__ == "numpy":
        return f"{words}, such as torch.from_numpy({name})"
    if _kind(hint) == "integer" and value.is_floating_point():
        return f"{words}, such as {name}.long()"
    sizes = set(hint.dim_str.replace("#", "").split()) - {"..."}
    before = [other for other in list(given)[: list(given).index(name)] if _is_array(hints.get(other))]
    fixed = [
        f"{other} has shape {tuple(given[other].shape)} for ({_axes(hints[other], given)})"
        for other in before
        if sizes & set(hints[other].dim_str.replace("#", "").split())
    ]
    return f"{words}, as {' and '.join(fixed)}" if fixed else words
