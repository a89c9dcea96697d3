"""Five small functions from a model to grams: FLOPs, device-hours, IT energy, facility energy, carbon.

Every argument with a unit is a `Quantity`, so that a kW cannot pass for a kWh and every result carries its
interval, its worst tier and its sources. The boundary is operation: nothing here counts the making of
computers and buildings. The grams of a kilowatt-hour may count that of power stations (`a2e.emissions.grid`).

>>> from a2e.emissions.devices import find
>>> from a2e.emissions.quantity import uniform
>>> mfu = uniform(0.15, 0.25, "", "assumed", "MFU", "our guess")
>>> hours = device_hours(flops(175e9, 300e9, "Brown et al. 2020"), find("V100"), mfu)
>>> print(hours)
3,500,000 h (90 %: 2,860,000-4,520,000), assumed (MFU), 3 sources
"""

import functools
import inspect
import math
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from a2e.emissions.devices import Device
from a2e.emissions.quantity import Quantity, exact, lognormal
from a2e.emissions.units import kind
from a2e.scale.flops import training_flops
from a2e.shapes import Positive, Text, checked, refuse
from a2e.training.records import RunRecord

Link = TypeVar("Link", bound=Callable[..., Quantity])


class _Wanted(NamedTuple):
    unit: str
    least: float = 0.0
    most: float = math.inf
    remedy: str = ""
    or_zero: bool = False


_ARGUMENTS = {
    "work": _Wanted("FLOP"),
    "hours": _Wanted("h"),
    "power": _Wanted("W"),
    "energy": _Wanted("Wh"),
    "utilisation": _Wanted("", 1e-6, 1.0, "as a share, not per cent"),
    "pue": _Wanted("", 1.0, 4.0, "as a ratio, not per cent"),
    "intensity": _Wanted("gCO2e/kWh", 1.0, 2000.0, "(or 0): are these grams?", or_zero=True),
}
"""What each argument of a link measures, the range that it lies in, and what to think of outside of it."""


def link(function: Link) -> Link:
    """Return ``function`` so that each argument must be of the kind and in the range that its name says."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> Quantity:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            if isinstance(value, Quantity):
                _check(name, value)
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]


def _check(name: str, value: Quantity) -> None:
    unit, least, most, remedy, or_zero = _ARGUMENTS[name]
    if kind(value.unit) != kind(unit):
        raise ValueError(f"{name} is {value.p50:g} {value.unit or 'without a unit'} ({kind(value.unit)}): "
                         f"give {'a ' * (not unit)}{kind(unit)}, such as exact(…, {unit!r}, …)")  # fmt: skip
    given = value.to(unit)
    low, high = given.samples.min(), given.samples.max()
    if (low < least or high > most) and not (or_zero and low == high == 0):
        wrong = f"{low if low < least else high:g} {unit}".strip()
        reach = f"at least {least:g}" if most == math.inf else f"{least:g} to {most:g}"
        raise ValueError(f"{name} is {wrong}: give {' '.join(filter(None, (reach, unit, remedy)))}")


@checked
def flops(parameters: Positive, tokens: Positive, *sources: Text) -> Quantity:
    """Return the work of training, 6 FLOPs per parameter and token; modelled, as no counter was read.

    >>> print(flops(175e9, 300e9, "Brown et al. 2020"))
    3.15e+23 FLOP, modelled (6 N D), 1 source
    """
    return exact(training_flops(parameters, tokens), "FLOP", "modelled", "6 N D", *sources)


@checked
@link
def device_hours(work: Quantity, device: Device, utilisation: Quantity) -> Quantity:
    """Return the hours that one such device would need: work / (dense peak × utilisation).

    ``utilisation`` is the share of the peak that the model's own FLOPs reach (MFU, model FLOPs utilisation).
    """
    return (work / (device.peak * utilisation)).to("h")


@checked
@link
def it_energy(hours: Quantity, power: Quantity) -> Quantity:
    """Return the energy that the devices drew: device-hours × power per device."""
    return hours * power


@checked
@link
def facility_energy(energy: Quantity, pue: Quantity) -> Quantity:
    """Return the energy that the building drew, cooling and losses included: IT energy × PUE.

    PUE (power usage effectiveness) is the building's energy over its computers' energy, so at least 1. A
    machine at home has no such building: give it `a2e.emissions.priors.no_building`.
    """
    return energy * pue


@checked
@link
def carbon(energy: Quantity, intensity: Quantity) -> Quantity:
    """Return carbon dioxide equivalents: energy × grams of CO2e per kWh of the grid.

    0 g/kWh is taken (electricity bought as renewable); from there to 1 is refused, as no grid has it.
    """
    return energy * intensity


@checked
def run_energy(run: RunRecord) -> Quantity:
    """Return the energy of a recorded run in kWh, with its interval and tier.

    Boundary: the processor only, while training (`a2e.emissions.meter.BOUNDARY`). Call it once and use that
    object, so that results which rest on it move together.
    """
    energy, name = run.energy, f"energy of {run.name}, processor only"
    source = f"run record {run.name}: {energy['method']}"
    low, high = energy["kwh_p05"], energy["kwh_p95"]
    if low == high:
        return exact(energy["kwh"], "kWh", energy["tier"], name, source)
    _check_middle(low, energy["kwh"], high)
    return lognormal(low, high, "kWh", energy["tier"], name, source)


def _check_middle(low: float, middle: float, high: float) -> None:
    """Raise ``ValueError`` unless these kWh are p05, p50 and p95 of a log-normal distribution."""
    refuse(low <= 0, f"kwh_p05 is {low}: give one above 0, as the interval is taken for log-normal")
    wanted = math.sqrt(low * high)
    wrong = not math.isclose(middle, wanted, rel_tol=1e-3)
    refuse(wrong, f"kwh is {middle}: give the middle of its log-normal interval, {wanted:.4g}, √(p05 × p95)")
