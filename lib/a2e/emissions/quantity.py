"""A number that knows its unit, its spread, its tier and its sources, through any arithmetic.

* the **unit** is pint's: kW cannot pass for kWh, and MWh times g CO2e/kWh is kg of CO2e;
* the **spread** is an array of samples, so intervals survive every operation, and one input used twice
  moves both results together;
* the **tier** is that of the worst input: measured < modelled < assumed, and it names that input;
* the **sources** add up.

>>> energy = exact(1287, "MWh", "measured", "energy", "Patterson 2021, table 4")
>>> grid = uniform(400, 458, "gCO2e/kWh", "assumed", "grid", "our guess")
>>> print((energy * grid).to("tCO2e"))
552 t CO2e (90 %: 519-586), assumed (grid), 2 sources
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from a2e.emissions import units

N_SAMPLES = 4096
TIERS = ("measured", "modelled", "assumed")
Z95 = 1.6448536269514722  # the 95th percentile of a standard normal


@dataclass(frozen=True, eq=False)
class Quantity:
    """Samples of one number, with its unit, tier, the inputs that set the tier, and its sources.

    ``samples`` has one entry when there is no spread, else `N_SAMPLES`. Make one with `exact`, `uniform`
    or `lognormal`; ValueError names what is wrong with an argument.
    """

    samples: np.ndarray
    unit: str
    tier: str
    worst_inputs: tuple[str, ...]
    sources: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuses what is no number, has no unit, no tier or no source."""
        if self.tier not in TIERS:
            raise ValueError(f"tier={self.tier!r} must be one of {', '.join(TIERS)}")
        if not self.sources or not all(source.strip() for source in self.sources):
            raise ValueError(f"sources={self.sources} is empty: say where {self.worst_input} comes from")
        if self.samples.ndim != 1 or len(self.samples) not in (1, N_SAMPLES):
            raise ValueError(f"samples has shape {self.samples.shape}: give 1 number or {N_SAMPLES} of them")
        wrong = self.samples[~np.isfinite(self.samples)]
        if len(wrong):
            raise ValueError(f"{self.worst_input} is {wrong[0]}: give a finite number")
        units.parse(self.unit)

    @property
    def worst_input(self) -> str:
        """The inputs whose tier the result has, joined by commas."""
        return ", ".join(self.worst_inputs)

    def quantile(self, share: float) -> float:
        """The value below which ``share`` of the samples lie, in this quantity's unit."""
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
        """p95/p05: 1 for an exact number."""
        return self.p95 / self.p05

    def to(self, unit: str) -> "Quantity":
        """The same quantity in another unit of the same kind; ValueError for another kind.

        >>> print(exact(3.6, "MJ", "measured", "heat", "a meter").to("kWh"))
        1 kWh, measured (heat), 1 source
        """
        return Quantity(
            self.samples * units.factor(self.unit, unit), unit, self.tier, self.worst_inputs, self.sources
        )

    def _with(self, other: "Quantity", samples: np.ndarray, unit: str) -> "Quantity":
        """Result of an operation with ``other``: worst tier of the two, both their sources."""
        tier = max(self.tier, other.tier, key=TIERS.index)
        worst = [name for part in (self, other) if part.tier == tier for name in part.worst_inputs]
        sources = tuple(dict.fromkeys(self.sources + other.sources))
        return Quantity(samples, unit, tier, tuple(dict.fromkeys(worst)), sources)

    def __mul__(self, other: "Quantity | float") -> "Quantity":
        """Product; a plain number scales and changes neither tier nor sources."""
        if not isinstance(other, Quantity):
            return Quantity(self.samples * other, self.unit, self.tier, self.worst_inputs, self.sources)
        scale, unit = units.product(self.unit, other.unit, 1)
        return self._with(other, self.samples * other.samples * scale, unit)._readable()

    __rmul__ = __mul__

    def __truediv__(self, other: "Quantity | float") -> "Quantity":
        """Quotient; ValueError when the divisor may be zero."""
        if not np.all(other.samples if isinstance(other, Quantity) else other):
            raise ValueError(f"cannot divide {self.worst_input} by zero: give a divisor above 0")
        if not isinstance(other, Quantity):
            return self * (1 / other)
        scale, unit = units.product(self.unit, other.unit, -1)
        return self._with(other, self.samples / other.samples * scale, unit)._readable()

    def __add__(self, other: "Quantity") -> "Quantity":
        """Sum in this quantity's unit; ValueError when the kinds differ."""
        return self._with(other, self.samples + _same_kind(other, self.unit).samples, self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        """Difference in this quantity's unit; ValueError when the kinds differ."""
        return self._with(other, self.samples - _same_kind(other, self.unit).samples, self.unit)

    def _readable(self) -> "Quantity":
        """The same in the largest usual unit of its kind that leaves the median at 1 or more."""
        return self.to(units.readable(self.unit, abs(self.p50)))

    def __str__(self) -> str:
        """Median, 90 % interval, tier with the inputs that set it, number of sources."""
        text = f"{number(self.p50, 4)} {units.label(self.unit)}".strip()
        if self.samples.min() < self.samples.max():
            ends = [number(end, 3) for end in (self.p05, self.p95)]
            joint = " to " if self.p05 < 0 else "-"
            text = f"{number(self.p50, 3)} {units.label(self.unit)}".strip() + f" (90 %: {joint.join(ends)})"
        names = ", ".join(self.worst_inputs[:2]) + (", …" if len(self.worst_inputs) > 2 else "")
        plural = "s" if len(self.sources) > 1 else ""
        return f"{text}, {self.tier} ({names}), {len(self.sources)} source{plural}"

    __repr__ = __str__


def _same_kind(other: object, unit: str) -> Quantity:
    if not isinstance(other, Quantity):
        raise ValueError(f"{other!r} has no unit and cannot be added to {unit}: wrap it in exact(…)")
    return other.to(unit)


def number(value: float, digits: int) -> str:
    """``value`` with ``digits`` significant digits and thousands separators.

    >>> number(1287.4, 4), number(0.41732, 3), number(3.14e23, 3), number(2234567.0, 3)
    ('1,287', '0.417', '3.14e+23', '2,230,000')
    """
    if value == 0 or 1e-4 <= abs(value) < 1e9:
        rounded = float(f"{value:.{digits}g}")
        return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:g}"
    return f"{value:.{digits}g}"


def exact(value: float, unit: str, tier: str, name: str, *sources: str) -> Quantity:
    """A number without spread.

    >>> print(exact(330, "W", "measured", "power", "Patterson 2021, table 4"))
    330 W, measured (power), 1 source
    """
    return Quantity(np.array([float(value)]), unit, tier, (name,), sources)


def uniform(low: float, high: float, unit: str, tier: str, name: str, *sources: str) -> Quantity:
    """Anywhere between ``low`` and ``high`` with equal chance.

    >>> pue = uniform(1.1, 1.5, "", "assumed", "PUE", "our guess")
    >>> round(pue.p05, 2), round(pue.p95, 2)
    (1.12, 1.48)
    """
    if not low <= high:
        raise ValueError(f"low={low} is above high={high}: give the smaller one first")
    return Quantity(low + (high - low) * _shares(name), unit, tier, (name,), sources)


def lognormal(p05: float, p95: float, unit: str, tier: str, name: str, *sources: str) -> Quantity:
    """A positive number whose logarithm is normal, given by the ends of its 90 % interval.

    Products and quotients of log-normal numbers are log-normal again, which suits factors.

    >>> mfu = lognormal(0.2, 0.45, "", "assumed", "MFU", "our guess")
    >>> round(mfu.p05, 2), round(mfu.p50, 2), round(mfu.p95, 2)
    (0.2, 0.3, 0.45)
    """
    if not 0 < p05 <= p95:
        raise ValueError(f"p05={p05} and p95={p95} must be positive with p05 at most p95")
    middle, sd = np.log(p05 * p95) / 2, np.log(p95 / p05) / (2 * Z95)
    return Quantity(np.exp(middle + sd * _normal(name)), unit, tier, (name,), sources)


@cache
def _shares(name: str) -> np.ndarray:
    """`N_SAMPLES` equal steps through (0, 1) in an order that ``name`` fixes.

    The same name gives the same order, so that one input stays one input wherever it is used; two names
    give unrelated orders. The steps are even, so that the percentiles of an input are exact.
    """
    order = np.random.default_rng(zlib.crc32(name.encode())).permutation(N_SAMPLES)
    return (order + 0.5) / N_SAMPLES


@cache
def _normal(name: str) -> np.ndarray:
    """Standard normal draws in the order of ``name``."""
    from statistics import NormalDist

    values: Sequence[float] = [NormalDist().inv_cdf(share) for share in _shares(name)]
    return np.array(values)
