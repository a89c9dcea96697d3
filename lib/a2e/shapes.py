"""What a function takes stands in its signature, and :func:`checked` holds a reader's call to it.

>>> @checked
... def repeat(text: str, times: Count) -> str:
...     return text * times
>>> repeat("ab", 2)
'abab'
>>> repeat("ab", 0)
Traceback (most recent call last):
    ...
ValueError: times is 0: give a whole number of at least 1

Shapes are jaxtyping's, ``Float[Tensor, "batch time d_model"]``: a name stands for one size in the whole call,
``...`` and ``*batch`` for any number of axes, and ``#`` lets a size be 1 instead. No torch is imported here.
"""

import functools
import inspect
import math
import re
import threading
import types
import typing
from collections.abc import Callable, Collection, Iterable, Sequence
from numbers import Integral, Real
from typing import Annotated, Any, TypeVar

import numpy
from beartype import BeartypeConf, FrozenDict
from beartype.door import is_bearable
from beartype.vale import Is
from jaxtyping import AbstractArray, jaxtyped

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


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

_Whole = Annotated[object, Is[lambda value: isinstance(value, Integral) and not isinstance(value, bool)]]
_Number = Annotated[object, Is[lambda value: isinstance(value, Real) and not isinstance(value, bool)]]
CONF = BeartypeConf(hint_overrides=FrozenDict({int: _Whole, float: _Number}))
"""An int, also NumPy's, passes for a float; a bool passes for neither."""

_call = threading.local()


@typing.overload
def checked(function: Decorated) -> Decorated: ...
@typing.overload
def checked(*, calls_back: bool) -> Callable[[Decorated], Decorated]: ...
def checked(function: Any = None, *, calls_back: bool = False) -> Any:
    """Return ``function`` so that a reader's call which does not fit its annotations is a ``ValueError``.

    The outermost call alone is checked, about 10 µs an argument: what the library then calls itself is not.
    NumPy's numbers go in as Python's, whose products do not wrap around. ``calls_back=True`` is for functions
    that call what the reader gave them, whose calls are checked again. A dataclass is checked when made.
    """
    if function is None:
        return functools.partial(checked, calls_back=calls_back)
    if isinstance(function, type):
        function.__init__ = checked(function.__init__)  # type: ignore[misc]
        function.__no_type_check__ = True  # type: ignore[attr-defined]  # by another checker before this one
        return function
    signature, hints = inspect.signature(function), functools.cache(lambda: _annotations(function))

    def misfit(*args: Any, **kwargs: Any) -> str:
        return _misfit(signature.bind(*args, **kwargs).arguments, hints())

    # jaxtyping reads the sizes in braces, "{self.d_model}", from the arguments of the function it wraps.
    misfit.__signature__ = signature  # type: ignore[attr-defined]
    misfit = jaxtyped(misfit, typechecker=None)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if getattr(_call, "inside", False):
            return function(*args, **kwargs)
        if sentence := misfit(*args, **kwargs):
            raise ValueError(sentence)
        args, kwargs = tuple(map(_plain, args)), {name: _plain(value) for name, value in kwargs.items()}
        if calls_back:
            return function(*args, **kwargs)
        _call.inside = True
        try:
            return function(*args, **kwargs)
        except RuntimeError as error:  # torch's own, of operands that do not go together
            if sentence := _mixed(signature.bind(*args, **kwargs).arguments):
                raise ValueError(sentence) from error
            raise
        finally:
            _call.inside = False

    return call


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotation of each parameter, those written as text evaluated where they stand."""
    found: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        hint: Any = parameter.annotation
        if hint is parameter.empty:
            continue
        if isinstance(hint, str):
            hint = eval(hint, inspect.unwrap(function).__globals__)
        several: Any = {parameter.VAR_POSITIONAL: (tuple, (hint, ...))}
        alias = (several | {parameter.VAR_KEYWORD: (dict, (str, hint))}).get(parameter.kind)
        found[parameter.name] = types.GenericAlias(*alias) if alias else hint
    return found


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, numpy.generic) else value


def _mixed(given: dict[str, Any]) -> str:
    """Return a sentence about the first argument, after the weights, of another device or dtype, or ""."""
    seen: dict[str, tuple[str, Any]] = {}
    for name, value in given.items():
        if name == "self" and hasattr(value, "parameters"):
            name, value = "the weights", next(iter(value.parameters()), None)
        for trait in ("device", "dtype"):
            own = getattr(value, trait, None)
            if trait == "device" or getattr(own, "is_floating_point", False):
                other, wanted = seen.setdefault(trait, (name, own)) if own is not None else ("", None)
                if own != wanted:
                    return f"{name} is of {own}: give {wanted}, the {trait} of {other}"
    return ""


def _misfit(given: dict[str, Any], hints: dict[str, Any]) -> str:
    """Return a sentence about the first argument that does not fit the sizes of those before it, or ""."""
    for name, value in given.items():
        if name in hints and not _fits(value, hints[name]):
            return f"{name} is {shown(value)}: give {_remedy(name, given, hints)}"
    return ""


def _fits(value: Any, hint: Any) -> bool:
    """Say whether ``value`` is what ``hint`` asks for, every item of a sequence too."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in arguments)
    if origin in (Collection, Sequence, Iterable, list) or (origin is tuple and arguments[1:] == (...,)):
        if not isinstance(value, origin) or isinstance(value, str | bytes):
            return False
        return not isinstance(value, Sequence) or all(_fits(item, arguments[0]) for item in value)
    if origin is dict:
        both: list[Any] = [value.keys(), value.values()] if isinstance(value, dict) else [[None], [None]]
        return all(_fits(item, one) for items, one in zip(both, arguments, strict=True) for item in items)
    return is_bearable(value, hint, conf=CONF)


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
    return f"{'an' if words[0].lower() in 'aeiou' else 'a'} {words}"


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


def _remedy(name: str, given: dict[str, Any], hints: dict[str, Any]) -> str:
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


def refuse(when: object, sentence: str) -> None:
    """Raise ``ValueError(sentence)`` if ``when`` is true: what a value means, which no signature can say.

    >>> refuse(9 % 2, "d_head is 9: give an even width")
    Traceback (most recent call last):
        ...
    ValueError: d_head is 9: give an even width
    """
    if when:
        raise ValueError(sentence)


def check_ids(size: int, **ids: Any) -> None:
    """Raise ``ValueError`` unless every integer of each tensor, list or number is one of ``0 ... size - 1``.

    >>> check_ids(5, mask_token=2, special_tokens=[3, 9])
    Traceback (most recent call last):
        ...
    ValueError: special_tokens is from 3 to 9: give ids from 0 to 4, of a vocabulary of 5
    """
    for name, given in ids.items():
        if hasattr(given, "numel"):
            low, high = map(int, given.long().aminmax()) if given.numel() else (0, -1)
        else:
            listed = given if isinstance(given, Sequence) else [given]
            low, high = min(listed, default=0), max(listed, default=-1)
        what = f"ids from 0 to {size - 1}, of a vocabulary of {size}" if size else "none, as there is none"
        span = f"from {low} to {high}" if low < high else f"{low}"
        refuse(low < 0 or high >= size, f"{name} is {span}: give {what}")
