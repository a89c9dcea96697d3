"""When two quantities are equal, and which of two numbers without a spread is the greater."""

from numbers import Real
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from a2e.emissions import printed, units
from a2e.shapes import refuse

if TYPE_CHECKING:
    from a2e.emissions.quantity import Quantity

TOLERANCE = 1e-9
"""Of each draw: (a·b)·c and a·(b·c), or kWh by way of J, differ by about 1e-16 in some draws."""


def is_number(value: object) -> TypeGuard[Real]:
    """Say whether ``value`` is a bare number."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_in(value: object, *numbers: int) -> bool:
    """Say whether ``value`` is a bare number and one of these."""
    return is_number(value) and value in numbers


def above(left: "Quantity", right: "Quantity") -> float:
    """Return by how much ``left`` exceeds ``right``, of one kind, to 12 digits in the base unit.

    Raise ``ValueError`` where one has a spread: then more than one answer is right.
    """
    remedy = "compare .p50, or look at the interval of the difference"
    for side in (left, right):
        text = printed.amount(side.samples, side.unit)
        refuse(printed.varies(side.samples), f"{side.worst_input} is {text}: {remedy}")
    return _digits(left) - _digits(right)


def same(left: "Quantity", right: "Quantity") -> bool:
    """Say whether two are one number, in whatever unit of one kind.

    With a spread all draws must agree to a relative `TOLERANCE`; without, 12 digits must be the same.
    """
    spread = printed.varies(left.samples)
    if spread != printed.varies(right.samples) or units.base(left.unit)[1] != units.base(right.unit)[1]:
        return False
    if not spread:
        return _digits(left) == _digits(right)
    ours, theirs = left.samples, right.samples * units.factor(right.unit, left.unit)
    allowed = TOLERANCE * np.minimum(np.abs(ours), np.abs(theirs))
    return bool((np.abs(ours - theirs) <= allowed).all())


def same_number(quantity: "Quantity", number: float) -> bool:
    """Say whether ``quantity`` has no spread and is the bare ``number``: that of a plain one, or 0 of any."""
    plain = units.base(quantity.unit)[1] == "" or number == 0
    return plain and not printed.varies(quantity.samples) and _digits(quantity) == number


def hash_of(quantity: "Quantity") -> int:
    """Return the hash of the number, or of the kind where there is a spread: the same for equal ones."""
    return hash(units.base(quantity.unit)[1] if printed.varies(quantity.samples) else _digits(quantity))


def _digits(quantity: "Quantity") -> float:
    """Return the number of a quantity without a spread to 12 digits in the base unit of its kind."""
    return float(f"{quantity.samples[0] * units.base(quantity.unit)[0]:.12g}")
