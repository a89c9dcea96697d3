"""Units by pint, with kinds of our own: FLOP (one floating-point operation), gram of CO2e, US dollar, byte.

A gram of CO2e is no gram of flour here: adding the two is refused. For pint a byte is 8 and a degree 0.017
plain numbers; here a byte is information, and angles and counts are refused. pint loads on first use (0.3 s).

>>> round(factor("MWh", "J")), kind("kW"), kind("tCO2e")
(3600000000, 'power', 'carbon')
"""

import contextlib
import re
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from a2e.shapes import Count, Finite, checked, refuse

_USUAL = {  # kind: its usual units, smallest first
    "energy": ("Wh", "kWh", "MWh"),
    "power": ("W", "kW", "MW"),
    "carbon": ("gCO2e", "kgCO2e", "tCO2e"),
    "time": ("s", "h"),
    "work": ("FLOP",),
    "rate": ("FLOP/s",),
    "information": ("B", "kB", "MB", "GB", "TB"),
    "data rate": ("B/s", "kB/s", "MB/s", "GB/s", "TB/s"),
    "volume": ("L", "m3"),
    "cost": ("USD",),
    "carbon intensity": ("gCO2e/kWh",),
    "water intensity": ("L/kWh",),
    "plain number": ("",),
}
_NAME = r"[A-Za-z][A-Za-z_0-9]*(\*\*-?[1-9])?"
_MISREAD = {  # pint has a US short ton, a knot, a milli-tonne, a pico-carat, a grain, a gilbert, a barn
    "[kMG]?tons?|kt|mt(CO2e)?": "t (1,000 kg)",
    "pct": "%",
    "gr": "g",
    "[kMGTP]?b|[KMGT]ib": "bit, or B for bytes",
}
_METRE = r"\b((?:da|[yzafpnumcdhkMGTPEZY])?m)"  # m, cm, km, … as a reader begins m3, cm**3, km2
_WRITTEN = rf"|%|(1/)?{_NAME}( ?[*/] ?{_NAME})*"  # nothing, per cent, or names joined by * and /


@cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(None, on_redefinition="ignore")
    registry.load_definitions(files("pint") / "default_en.txt")  # so that nothing rests on pint's bit yet
    registry.define("bit = [information]")
    registry.define("FLOP = [floating_point_operation]")
    registry.define("gCO2e = [carbon]")
    registry.define("tCO2e = 1e6 * gCO2e")
    registry.define("USD = [currency]")
    return registry


@checked
def parse(unit: str) -> Any:
    """Return pint's unit for the text ``unit`` ("" is a plain number).

    Raise ``ValueError`` for an unknown one, for one that is no plain factor, such as degC or dBm (what stands
    at 0 there is not nothing, so that no product with it means anything), and for angles and counts (rpm).

    >>> parse("MWh").dimensionality == parse("J").dimensionality
    True
    """
    return _parse("unit", unit)


@cache
def _parse(name: str, unit: str) -> Any:
    """Return pint's unit for ``unit``, which is the argument ``name``."""
    import pint

    found = None
    for written, wanted in _MISREAD.items():
        refuse(re.search(rf"\b({written})\b", unit), f"{name} is {unit!r}: give {wanted}")
    if re.fullmatch(_WRITTEN, unit):
        with contextlib.suppress(pint.UndefinedUnitError):  # said below, in our words
            found = _registry().parse_units(_with_powers(unit))
    if found is None:
        known = ", ".join(usual[0] for usual in _USUAL.values() if usual[0])
        raise ValueError(f"{name} is {unit!r}: give one that is known, such as {known}")
    if _registry().Quantity(0.0, found).to_root_units().magnitude != 0:
        raise ValueError(f"{name} is {unit!r}: give one whose 0 is nothing, such as K, delta_degC or W")
    parts = [part for part, _ in _registry().Quantity(1.0, found).to_root_units().unit_items()]
    if any(_registry().Unit(part).dimensionless for part in parts):
        raise ValueError(
            f"{name} is {unit!r}: give '' for a count or an angle, of no dimension, or 1/s"
        )
    return found


def _with_powers(unit: str) -> str:
    """Return ``unit`` with m3 as a power: a cm3 is (0.01 m)^3, and no hundredth of a cubic metre.

    >>> _with_powers("1/cm3")
    '1/(cm**3)'
    """
    return re.sub(rf"{_METRE}3\b", r"(\1**3)", unit)


@checked
@cache
def kind(unit: str) -> str:
    """Return in a word what ``unit`` measures: energy, power, carbon, time, … or else pint's dimensions.

    >>> kind("J"), kind("FLOP/s"), kind("%"), kind("GiB")
    ('energy', 'rate', 'plain number', 'information')
    """
    dimensions = parse(unit).dimensionality
    for name, usual in _USUAL.items():
        if parse(usual[0]).dimensionality == dimensions:
            return name
    return str(dimensions)


_WAYS = {
    ("power", "energy"): "multiply a power by a time",
    ("energy", "power"): "divide an energy by a time",
    ("rate", "work"): "multiply FLOP/s, a rate, by a time",
    ("work", "rate"): "divide FLOP, counted work, by a time",
}


@checked
@cache
def factor(unit: str, to: str) -> float:
    """Return what a number in ``unit`` is multiplied by to be in ``to``.

    Raise ``ValueError`` when the two are not of one kind.

    >>> factor("kWh", "J")
    3600000.0
    >>> factor("kW", "kWh")
    Traceback (most recent call last):
        ...
    ValueError: unit is kW (power): multiply a power by a time to get kWh (energy)
    """
    if parse(unit).dimensionality != _parse("to", to).dimensionality:
        way = _WAYS.get((kind(unit), kind(to)), "multiply or divide by what is missing")
        asked = f"{to} ({kind(to)})" if to else "a plain number"
        raise ValueError(f"unit is {unit or repr(unit)} ({kind(unit)}): {way} to get {asked}")
    return float(_registry().Quantity(1.0, parse(unit)).to(parse(to)).magnitude)


@checked
@cache
def base(unit: str) -> tuple[float, str]:
    """Return what a number in ``unit`` is multiplied by to be in the base unit of its kind, and that unit.

    >>> base("kWh") == base("MWh"), base("kWh")[1] == base("MWh")[1], base("%")
    (False, True, (0.01, ''))
    """
    reduced = _registry().Quantity(1.0, parse(unit)).to_root_units()
    return float(reduced.magnitude), f"{reduced.units:~C}"


@checked
@cache
def product(left: str, right: str, power: Literal[1, -1]) -> tuple[float, str]:
    """Return factor and unit of ``left`` × ``right``^power: the usual unit of its kind where it has one.

    A kind without one keeps the units given where they can be written, else it gets base units.

    >>> product("W", "h", 1), product("USD/kWh", "", 1)
    ((1.0, 'Wh'), (1.0, 'USD/kWh'))
    """
    parts = [_registry().Quantity(1.0, _parse(*given)) for given in (("left", left), ("right", right))]
    one, other = (part.to_root_units() if part.dimensionless else part for part in parts)  # % as 0.01
    result = one * other**power
    for usual in _USUAL.values():
        if parse(usual[0]).dimensionality == result.dimensionality:
            return float(result.to(parse(usual[0])).magnitude), usual[0]
    written = result.to_reduced_units()  # kW·MW as kW²
    if not re.fullmatch(_WRITTEN, f"{written.units:~C}"):  # such as Ω
        written = result.to_root_units()
    return float(written.magnitude), f"{written.units:~C}"


@checked
def readable(unit: str, value: Finite) -> str:
    """Return the largest usual unit in which ``value`` ``unit`` is at least 1, else the smallest.

    >>> readable("Wh", 1.287e9), readable("gCO2e", 0.02), readable("L", 5000.0)
    ('MWh', 'gCO2e', 'm3')
    """
    usual = _USUAL.get(kind(unit), (unit,))
    fits = [name for name in usual if value * factor(unit, name) >= 1]
    return fits[-1] if fits else usual[0]


@checked
def label(unit: str) -> str:
    """Return ``unit`` as a reader writes it; ``ValueError`` for an unknown one.

    >>> label("tCO2e"), label("gCO2e/kWh"), label("m3"), label("m**2")
    ('t CO2e', 'g CO2e/kWh', 'm³', 'm²')
    """
    parse(unit)
    text = re.sub(r"(?<=[gt])CO2e", " CO2e", unit)
    return re.sub(rf"{_METRE}(?:\*\*)?([23])\b", lambda found: found[1] + "²³"[int(found[2]) - 2], text)


@checked
def number(value: float, digits: Count) -> str:
    """Return ``value`` with ``digits`` significant digits and thousands separators; NaN stays "nan".

    >>> number(1287.4, 4), number(0.41732, 3), number(3.14e23, 3), number(2234567.0, 3)
    ('1,287', '0.417', '3.14e+23', '2,230,000')
    """
    refuse(digits > 17, f"digits is {digits}: give at most 17, as a float has no more")
    value = value or 0.0  # -0.0 is printed as 0
    if value == 0 or 1e-4 <= abs(value) < 1e9:
        rounded = float(f"{value:.{digits}g}")
        return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:,.{digits}g}"
    return f"{value:.{digits}g}"
