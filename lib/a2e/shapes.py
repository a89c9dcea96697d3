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
import os
import sys
import threading
import types
import typing
from collections.abc import Callable, Collection, Iterable, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy
from beartype import BeartypeConf, FrozenDict
from beartype.door import is_bearable
from beartype.vale import Is
from jaxtyping import jaxtyped

from a2e.hints import (  # noqa: F401  # the library's signatures take them from here
    BelowOne,
    Count,
    Finite,
    Natural,
    NonNegative,
    NonNegativeOrInf,
    Positive,
    Probability,
    Text,
    is_finite,
    remedy,
    shown,
)

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_Whole = Annotated[object, Is[lambda value: isinstance(value, Integral) and not isinstance(value, bool)]]
_Number = Annotated[object, Is[lambda value: isinstance(value, Real) and not isinstance(value, bool)]]
CONF = BeartypeConf(hint_overrides=FrozenDict({int: _Whole, float: _Number}))
"""An int, also NumPy's, passes for a float; a bool passes for neither."""

HOME = f"{Path(__file__).parent}{os.sep}"
_timing = threading.local()


def checked(function: Decorated) -> Decorated:
    """Return ``function`` so that a reader's call which does not fit its annotations is a ``ValueError``.

    A call is a reader's unless it stands in the library's own code, so that a training step pays for the
    calls that the reader wrote, about 10 µs an argument, and not for those inside them. What a reader's
    function, hook or module calls is checked, whoever calls that. NumPy's numbers go in as Python's, whose
    products do not wrap around. A dataclass is checked when made.
    """
    return _held(function, _by_the_library)


def held(function: Decorated) -> Decorated:
    """Return ``function`` so that every call of it is checked, the library's own too.

    >>> held(lambda: None)()
    """
    return _held(function, lambda caller: False)


def _held(function: Any, waived: Callable[[types.FrameType], bool]) -> Any:
    """Return ``function`` so that its calls are held to its annotations, unless ``waived(caller)``."""
    if isinstance(function, type):
        function.__init__ = _held(function.__init__, waived)  # type: ignore[misc]
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
        if waived(sys._getframe(1)):
            return function(*args, **kwargs)
        if sentence := misfit(*args, **kwargs):
            raise ValueError(sentence)
        args, kwargs = tuple(map(_unboxed, args)), {name: _unboxed(value) for name, value in kwargs.items()}
        try:
            return function(*args, **kwargs)
        except RuntimeError as error:  # torch's own, of operands that do not go together
            if sentence := _mixed(signature.bind(*args, **kwargs).arguments):
                raise ValueError(sentence) from error
            raise

    return call


def _by_the_library(caller: types.FrameType | None) -> bool:
    """Say whether a call stands in the library's code, PyTorch's frames before a ``forward`` passed over."""
    while caller is not None and caller.f_globals.get("__name__", "").startswith("torch."):
        caller = caller.f_back
    own = caller is not None and caller.f_code.co_filename.startswith(HOME)
    return own or getattr(_timing, "unchecked", False)


def unchecked(function: Decorated) -> Decorated:
    """Return ``function`` so that no call in it is checked, as if the library made it; to time the checks."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        before, _timing.unchecked = getattr(_timing, "unchecked", False), True
        try:
            return function(*args, **kwargs)
        finally:
            _timing.unchecked = before

    return typing.cast(Decorated, call)


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


def _unboxed(value: Any) -> Any:
    """Return a number of NumPy's as Python's own."""
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
            return f"{name} is {shown(value)}: give {remedy(name, given, hints)}"
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


def check_entries(field: str, value: Any, hints: dict[str, Any]) -> None:
    """Raise ``ValueError`` unless ``value`` is a dictionary of these keys, each entry as its hint asks.

    >>> check_entries("machine", {"cores": 0}, {"cores": Count})
    Traceback (most recent call last):
        ...
    ValueError: machine cores is 0: give a whole number of at least 1
    """
    if not isinstance(value, dict) or set(value) != set(hints):
        given = list(value) if isinstance(value, dict) else shown(value)
        raise ValueError(f"{field} is {given}: give {', '.join(hints)}")
    named = {f"{field} {key}": hint for key, hint in hints.items()}
    sentence = _misfit({f"{field} {key}": value[key] for key in hints}, named)
    refuse(sentence, sentence)
