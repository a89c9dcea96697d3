"""Five small functions from a model to grams: FLOPs, device-hours, IT energy, facility energy, carbon.

Every argument with a unit is a `Quantity`, so that a kW cannot pass for a kWh and every result carries its
interval, its worst tier and its sources.

>>> from a2e.emissions.devices import find
>>> from a2e.emissions.quantity import exact
>>> mfu = exact(0.2, "", "assumed", "MFU", "our guess")
>>> hours = device_hours(flops(175e9, 300e9, "Brown et al. 2020"), find("V100"), mfu)
>>> print(hours)
3,500,000 h, assumed (MFU), 3 sources
"""

from a2e.emissions.devices import Device
from a2e.emissions.quantity import Quantity, exact
from a2e.emissions.units import kind, parse
from a2e.scale.flops import training_flops


def flops(parameters: float, tokens: float, *sources: str) -> Quantity:
    """Work of training, 6 FLOPs per parameter and token; modelled, as no counter was read.

    >>> print(flops(175e9, 300e9, "Brown et al. 2020"))
    3.15e+23 FLOP, modelled (6 N D), 1 source
    """
    return exact(training_flops(parameters, tokens), "FLOP", "modelled", "6 N D", *sources)


def device_hours(work: Quantity, device: Device, utilisation: Quantity) -> Quantity:
    """Hours that one such device would need: work / (dense peak × utilisation).

    ``utilisation`` is the share of the peak that the model's own FLOPs reach (MFU, model FLOPs utilisation).
    """
    _check("work", work, "FLOP")
    _check("utilisation", utilisation, "", below=1.0)
    if not utilisation.samples.min() > 0:
        raise ValueError(f"utilisation={utilisation.samples.min():g} must be above 0: at 0 no work gets done")
    return (work / (device.peak * utilisation)).to("h")


def it_energy(hours: Quantity, power: Quantity) -> Quantity:
    """Energy that the devices drew: device-hours × power per device."""
    _check("hours", hours, "h")
    _check("power", power, "W")
    return hours * power


def facility_energy(energy: Quantity, pue: Quantity) -> Quantity:
    """Energy that the building drew, cooling and losses included: IT energy × PUE.

    PUE (power usage effectiveness) is the building's energy over its computers' energy, so at least 1.
    """
    _check("energy", energy, "Wh")
    _check("pue", pue, "", least=1.0, below=10.0)
    return energy * pue


def carbon(energy: Quantity, intensity: Quantity) -> Quantity:
    """Carbon dioxide equivalents: energy × grams of CO2e per kWh of the grid."""
    _check("energy", energy, "Wh")
    _check("intensity", intensity, "gCO2e/kWh")
    return energy * intensity


def _check(name: str, value: object, unit: str, least: float = 0.0, below: float = float("inf")) -> None:
    """ValueError unless ``value`` is a Quantity of the kind of ``unit``, from ``least`` to ``below``."""
    like = f"exact(…, {unit!r}, tier, name, source)"
    if not isinstance(value, Quantity):
        raise ValueError(f"{name}={value!r} has no unit and no source: write {like}")
    if parse(value.unit).dimensionality != parse(unit).dimensionality:
        given = f"{value.p50:g} {value.unit}".strip()
        raise ValueError(f"{name}={given} measures {kind(value.unit)}, not {kind(unit)}: give {like}")
    low, high = value.to(unit).samples.min(), value.to(unit).samples.max()
    if low < least:
        raise ValueError(f"{name}={low:g} {unit}".rstrip() + f" must be at least {least:g}")
    if high > below:
        raise ValueError(f"{name}={high:g} is above {below:g}: give a ratio, not per cent")
