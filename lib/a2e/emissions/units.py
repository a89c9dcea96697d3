"""Units by pint, with two kinds of our own: FLOP (one floating-point operation) and gram of CO2e.

A gram of CO2e is no gram of flour here: adding the two is refused. pint loads on first use (0.3 s).

>>> round(factor("MWh", "J")), kind("kW"), kind("tCO2e")
(3600000000, 'power', 'carbon')
"""

import contextlib
import re
from functools import cache
from typing import Any

_USUAL = {  # kind: its usual units, smallest first
    "energy": ("Wh", "kWh", "MWh"),
    "power": ("W", "kW", "MW"),
    "carbon": ("gCO2e", "kgCO2e", "tCO2e"),
    "time": ("s", "h"),
    "work": ("FLOP",),
    "rate": ("FLOP/s",),
    "carbon intensity": ("gCO2e/kWh",),
    "plain number": ("",),
}
_NAME = r"[A-Za-z][A-Za-z_0-9]*(\*\*-?\d+)?"
_WRITTEN = rf"|(1/)?{_NAME}( ?[*/] ?{_NAME})*"  # nothing, or names joined by * and /


@cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry()
    registry.define("FLOP = [floating_point_operation]")
    registry.define("gCO2e = [carbon]")
    registry.define("tCO2e = 1e6 * gCO2e")
    return registry


@cache
def parse(unit: str) -> Any:
    """pint's unit for the text ``unit`` ("" is a plain number); ValueError when there is none.

    >>> parse("MWh").dimensionality == parse("J").dimensionality
    True
    """
    import pint

    if re.fullmatch(_WRITTEN, unit):
        with contextlib.suppress(pint.UndefinedUnitError):  # said below, in our words
            return _registry().parse_units(unit)
    known = ", ".join(usual[0] for usual in _USUAL.values() if usual[0])
    raise ValueError(f"unit={unit!r} is not known: use such as {known}")


@cache
def kind(unit: str) -> str:
    """What ``unit`` measures, in a word: energy, power, carbon, time, … or pint's dimensions.

    >>> kind("J"), kind("FLOP/s"), kind("")
    ('energy', 'rate', 'plain number')
    """
    dimensions = parse(unit).dimensionality
    for name, usual in _USUAL.items():
        if parse(usual[0]).dimensionality == dimensions:
            return name
    return str(dimensions)


@cache
def factor(unit: str, to: str) -> float:
    """What a number in ``unit`` is multiplied by to be in ``to``; ValueError when the kinds differ.

    >>> factor("kWh", "J")
    3600000.0
    >>> factor("kW", "kWh")
    Traceback (most recent call last):
        ...
    ValueError: kW measures power, kWh energy: multiply a power by a time to get an energy
    """
    if parse(unit).dimensionality != parse(to).dimensionality:
        names = {kind(unit), kind(to)}
        hint = "multiply or divide by what is missing"
        if names == {"power", "energy"}:
            hint = "multiply a power by a time to get an energy"
        if names == {"work", "rate"}:
            hint = "FLOP counts work, FLOP/s is a rate: multiply a rate by a time"
        raise ValueError(f"{unit or 'no unit'} measures {kind(unit)}, {to or 'no unit'} {kind(to)}: {hint}")
    return float(_registry().Quantity(1.0, parse(unit)).to(parse(to)).magnitude)


@cache
def product(left: str, right: str, power: int) -> tuple[float, str]:
    """Factor and unit of ``left`` × ``right``^power: the usual unit of its kind where it has one.

    >>> product("W", "h", 1)
    (1.0, 'Wh')
    """
    result = _registry().Quantity(1.0, parse(left) * parse(right) ** power)
    for usual in _USUAL.values():
        if parse(usual[0]).dimensionality == result.dimensionality:
            return float(result.to(parse(usual[0])).magnitude), usual[0]
    reduced = result.to_root_units()
    return float(reduced.magnitude), f"{reduced.units:~C}"


def readable(unit: str, value: float) -> str:
    """The largest usual unit in which ``value`` ``unit`` is at least 1, else the smallest.

    >>> readable("Wh", 1.287e9), readable("gCO2e", 0.02)
    ('MWh', 'gCO2e')
    """
    usual = _USUAL.get(kind(unit), (unit,))
    fits = [name for name in usual if value * factor(unit, name) >= 1]
    return fits[-1] if fits else usual[0]


def label(unit: str) -> str:
    """``unit`` as a reader writes it.

    >>> label("tCO2e"), label("gCO2e/kWh")
    ('t CO2e', 'g CO2e/kWh')
    """
    return re.sub(r"(?<=[gt])CO2e", " CO2e", unit)
