"""A number that knows its unit, its spread, its tier and its sources, through any arithmetic.

* the **unit** is pint's: kW cannot pass for kWh, and MWh times g CO2e/kWh is kg of CO2e;
* the **spread** is an array of samples, so intervals survive every operation, and one input used twice
  moves both results together;
* the **tier** is that of the worst input, which the result names (`a2e.tiers`);
* the **sources** add up.

Two inputs are the same only if they are the same object: make an input once and use that object wherever it
enters. A second one of the same name and ends has draws of its own.

>>> energy = exact(1287, "MWh", "measured", "energy", "Patterson 2021, table 4")
>>> grid = uniform(400, 458, "gCO2e/kWh", "assumed", "grid", "our guess")
>>> print((energy * grid).to("tCO2e"))
552 t CO2e (90 %: 519-586), assumed (grid), 2 sources
"""

import functools
import math
import operator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from a2e import tiers
from a2e.emissions import draws, printed, units
from a2e.emissions.draws import N_SAMPLES, Z95
from a2e.emissions.quantity_order import above, hash_of, is_in, is_number, same, same_number
from a2e.shapes import Finite, Positive, Probability, Text, checked, is_finite, refuse, shown


@checked
@dataclass(frozen=True, eq=False)
class Quantity:
    """Samples of one number, with its unit, tier, the inputs that set the tier, and its sources.

    ``samples`` has one entry when there is no spread, else `N_SAMPLES`; a copy that cannot be written to is
    kept. Make one with `exact`, `uniform` or `lognormal`; ``ValueError`` says what is wrong with an argument.

    A bare number in a product or a sum is an input that nobody has vouched for, so it enters as assumed and
    is named. ``1 * q``, ``-q``, ``q + 0``, ``1 / q``, ``1 - q`` and ``q - 1`` say nothing new and change no
    tier. ``<`` takes numbers without a spread. ``==`` says whether two are the same number: with a spread in
    each draw to a relative 1e-9, without one to 12 digits. Two inputs of one spread are not, nor a power and
    an energy, nor a quantity and the float 1/3.
    """

    samples: np.ndarray
    unit: str
    tier: str
    worst_inputs: tuple[Text, ...]
    sources: tuple[Text, ...]
    __array_ufunc__ = None  # NumPy leaves 2 * q to the quantity

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for what is no number, has no unit, no tier, no name or no source."""
        tiers.check(self.tier)
        units.parse(self.unit)
        refuse(not self.worst_inputs, "worst_inputs is (): name the input that has this tier")
        refuse(not self.sources, f"sources is (): say where {self.worst_input} comes from")
        wrong = self.samples.dtype.kind not in "iuf" or self.samples.shape not in ((1,), (N_SAMPLES,))
        refuse(wrong, f"samples is {shown(self.samples)}: give 1 number or {N_SAMPLES} of them")
        kept = np.array(self.samples, dtype=float)
        wild = kept[~np.isfinite(kept)]
        refuse(wild.size > 0, f"samples is {wild[:1]}, resting on {self.worst_input}: give finite numbers")
        kept.setflags(write=False)
        object.__setattr__(self, "samples", kept)

    @property
    def worst_input(self) -> str:
        """The inputs whose tier the result has, joined by commas."""
        return ", ".join(self.worst_inputs)

    @checked
    def quantile(self, share: Probability) -> float:
        """Return the value below which ``share`` of the samples lie, in this quantity's unit."""
        return float(np.quantile(self.samples, share))

    @property
    def p05(self) -> float:
        """5th percentile: the lower end of the 90 % interval."""
        return self.quantile(0.05)

    @property
    def p50(self) -> float:
        """Median."""
        return self.quantile(0.5)

    @property
    def p95(self) -> float:
        """95th percentile: the upper end of the 90 % interval."""
        return self.quantile(0.95)

    @property
    def spread(self) -> float:
        """p95/p05: 1 for an exact number; ``ValueError`` unless both are above 0."""
        remedy = "look at .p05 and .p95, as their ratio means nothing here"
        refuse(not self.p05 > 0, f"{self.worst_input} is {self._text()}: {remedy}")
        return self.p95 / self.p05

    @checked
    def to(self, unit: str) -> "Quantity":
        """Return the same quantity in another unit of the same kind; ``ValueError`` for another kind.

        >>> print(exact(3.6, "MJ", "measured", "heat", "a meter").to("kWh"))
        1 kWh, measured (heat), 1 source
        """
        units.parse(unit)  # names the argument as it is called here
        return replace(self, samples=self.samples * units.factor(self.unit, unit), unit=unit)

    def _with(self, other: "Quantity", samples: np.ndarray, unit: str) -> "Quantity":
        """Return the result of an operation with ``other``: worst tier of the two, both their sources."""
        tier = tiers.worst(self.tier, other.tier)
        worst = [name for part in (self, other) if part.tier == tier for name in part.worst_inputs]
        sources = tuple(dict.fromkeys(self.sources + other.sources))
        return Quantity(samples, unit, tier, tuple(dict.fromkeys(worst)), sources)

    def __mul__(self, other: Any) -> "Quantity":
        """Return the product, in a readable unit; a bare number other than 1 and -1 enters as assumed."""
        right = _operand(other)
        if is_in(other, 1, -1):
            return replace(self, samples=self.samples * float(other))
        scale, unit = units.product(self.unit, right.unit, 1)
        return self._with(right, self.samples * right.samples * scale, unit)._readable()

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Quantity":
        """Return the quotient, in a readable unit; ``ValueError`` unless ``other`` lies on one side of 0."""
        right = _operand(other)
        if right.samples.min() <= 0 <= right.samples.max():
            raise ValueError(f"divisor is {right._text()}: give one that lies on one side of 0")
        if is_in(other, 1, -1):
            return self * other
        scale, unit = units.product(self.unit, right.unit, -1)
        return self._with(right, self.samples / right.samples * scale, unit)._readable()

    def __rtruediv__(self, other: Any) -> "Quantity":
        """Return ``other`` / this; a bare number other than 1 enters as assumed."""
        quotient = _operand(other) / self
        if not is_in(other, 1, -1):
            return quotient
        return replace(quotient, tier=self.tier, worst_inputs=self.worst_inputs, sources=self.sources)

    def __neg__(self) -> "Quantity":
        """Return this times -1."""
        return replace(self, samples=-self.samples)

    def __abs__(self) -> "Quantity":
        """Return this without its sign, in each draw."""
        return replace(self, samples=abs(self.samples))

    def __pow__(self, power: Any) -> "Quantity":
        """Return this times itself, ``power`` factors in all: 1 to 9."""
        wrong = not is_in(power, *range(1, 10))
        refuse(wrong, f"power is {shown(power)}: give a whole number from 1 to 9")
        return functools.reduce(operator.mul, [self] * int(power))

    def __bool__(self) -> bool:
        raise ValueError(f"{self.worst_input} is {self._text()}: compare it with a number, such as 0")

    def __round__(self, digits: int | None = None) -> "Quantity":
        raise ValueError(f"{self.worst_input} is {self._text()}: round its .p50, or print it")

    def __add__(self, other: Any) -> "Quantity":
        """Return the sum in this quantity's unit; ``ValueError`` when the kinds differ."""
        right = _addend(other, self.unit)
        samples = self.samples + right.samples
        return replace(self, samples=samples) if is_in(other, 0) else self._with(right, samples, self.unit)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Quantity":
        """Return the difference in this quantity's unit; ``ValueError`` when the kinds differ."""
        right = _addend(other, self.unit)
        samples = self.samples - right.samples  # 1 - share, the rest of a whole, is no new input either
        return replace(self, samples=samples) if is_in(other, 0, 1) else self._with(right, samples, self.unit)

    def __rsub__(self, other: Any) -> "Quantity":
        """Return ``other`` - this, in this quantity's unit."""
        return -(self - other)

    def __lt__(self, other: Any) -> bool:
        return above(self, _addend(other, self.unit)) < 0

    def __le__(self, other: Any) -> bool:
        return above(self, _addend(other, self.unit)) <= 0

    def __gt__(self, other: Any) -> bool:
        return above(self, _addend(other, self.unit)) > 0

    def __ge__(self, other: Any) -> bool:
        return above(self, _addend(other, self.unit)) >= 0

    def __eq__(self, other: object) -> bool:
        """Say whether ``other`` is the same number, in whatever unit; False for all else."""
        if isinstance(other, Quantity):
            return same(self, other)
        if not is_number(other) or not is_finite(other):
            return NotImplemented
        return bool(float(other) == other and same_number(self, float(other)))

    def __hash__(self) -> int:
        """Return a hash that is the same for quantities that are equal."""
        return hash_of(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Fill a copy, deep or from a pickle, whose samples cannot be written to either."""
        self.__dict__.update(state)
        self.samples.setflags(write=False)

    def _readable(self) -> "Quantity":
        """Return the same in the largest usual unit of its kind that leaves the median at 1 or more."""
        return self.to(units.readable(self.unit, abs(self.p50)))

    def _text(self) -> str:
        """Return median, unit and 90 % interval."""
        return printed.amount(self.samples, self.unit)

    def __str__(self) -> str:
        """Median, 90 % interval, tier with the inputs that set it, number of sources."""
        rests_on, plural = printed.inputs(self.worst_inputs), "s" if len(self.sources) > 1 else ""
        return f"{self._text()}, {self.tier} ({rests_on}), {len(self.sources)} source{plural}"

    __repr__ = __str__


def _operand(value: object, unit: str = "") -> Quantity:
    """Return ``value`` as a quantity: a bare number as an assumed one, which is named, in ``unit``."""
    if isinstance(value, Quantity):
        return value
    if not is_number(value):
        raise ValueError(f"operand is {shown(value)}: give a Quantity or one number")
    refuse(not is_finite(value), f"operand is {shown(value)}: give a finite number")
    name = f"the number {float(value):g}"
    return Quantity(np.array([float(value)]), unit, "assumed", (name,), ("a bare number in the code",))


def _addend(value: object, unit: str) -> Quantity:
    """Return ``value`` in ``unit``; a bare 0 is 0 of anything, any other bare number a plain number."""
    if is_in(value, 0):
        return _operand(value, unit)
    right = _operand(value)
    if right is not value and units.kind(unit) != "plain number":
        raise ValueError(f"operand is {value}: give it the unit it has, such as exact({value}, {unit!r}, …)")
    return right.to(unit)


@checked
def exact(value: Finite, unit: str, tier: str, name: Text, *sources: Text) -> Quantity:
    """Return a number without spread, negative too; an assumed one says so in its name, and so in results.

    >>> print(exact(330, "W", "measured", "power", "Patterson 2021, table 4"))
    330 W, measured (power), 1 source
    >>> print(exact(0.3, "", "assumed", "MFU", "our guess"))
    0.3, assumed (MFU without a spread), 1 source
    """
    if tier == "assumed":
        name = printed.alone(name)
    return Quantity(np.array([float(value)]), unit, tier, (name,), sources)


@checked
def uniform(low: Finite, high: Finite, unit: str, tier: str, name: Text, *sources: Text) -> Quantity:
    """Return a new input, anywhere between ``low`` and ``high`` with equal chance.

    >>> pue = uniform(1.1, 1.5, "", "assumed", "PUE", "our guess")
    >>> round(pue.p05, 2), round(pue.p95, 2)
    (1.12, 1.48)
    """
    if low == high:
        return exact(low, unit, tier, name, *sources)
    refuse(low > high, f"low is {low}: give one below high, {high}")
    return _drawn(low + (high - low) * draws.middles(), unit, tier, name, sources)


@checked
def lognormal(p05: Positive, p95: Positive, unit: str, tier: str, name: Text, *sources: Text) -> Quantity:
    """Return a new positive input whose logarithm is normal, given by the ends of its 90 % interval.

    Products and quotients of log-normal numbers are log-normal again, which suits factors.

    >>> mfu = lognormal(0.2, 0.45, "", "assumed", "MFU", "our guess")
    >>> round(mfu.p05, 2), round(mfu.p50, 2), round(mfu.p95, 2)
    (0.2, 0.3, 0.45)
    """
    if p05 == p95:
        return exact(p05, unit, tier, name, *sources)
    refuse(p05 > p95, f"p05 is {p05}: give one below p95, {p95}")
    middle, sd = (math.log(p05) + math.log(p95)) / 2, (math.log(p95) - math.log(p05)) / (2 * Z95)
    return _drawn(np.exp(middle + sd * draws.normal()), unit, tier, name, sources)


def _drawn(steps: np.ndarray, unit: str, tier: str, name: str, sources: tuple[str, ...]) -> Quantity:
    """Return a new input, ``steps`` in an order of its own; one that is refused has used up no order."""
    made = Quantity(steps, unit, tier, (name,), sources)
    return replace(made, samples=made.samples[draws.order(name)])
