"""Checkers of the exercises of emissions/first-estimate."""

import math
from collections.abc import Callable, Sequence

from a2e.check.base import checker, require
from a2e.emissions.grid import SOURCES, grams_per_kwh


def _near(value: object, expected: float) -> bool:
    return isinstance(value, int | float) and math.isclose(value, expected, rel_tol=1e-6)


def _causes(value: object, expected: float, factors: dict[float, str]) -> str:
    """The likely slip behind a wrong value, by the factor it is off; "" when no known factor fits."""
    if not isinstance(value, int | float) or value <= 0 or not math.isfinite(value):
        return "that is no number above 0"
    for factor, cause in factors.items():
        if math.isclose(value, expected * factor, rel_tol=1e-6):
            return cause
    return f"that is {value / expected:.3g} times the right value"


@checker
def grams_of_hours(grams: Callable[[float, float, float, float], float]) -> str:
    """Check grams of CO2e from device-hours, watts, PUE and g/kWh."""
    value = grams(10.0, 250.0, 1.0, 400.0)
    slips = {
        1000.0: "10 h at 250 W are 2,500 watt-hours: divide by 1,000 for kilowatt-hours",
        0.001: "the intensity is in grams already: is there one division by 1,000 too many?",
        1 / 400: "that is the energy in kilowatt-hours: multiply by the grams of each",
        1 / 3600: "watts times hours are watt-hours: no seconds are needed",
        3600.0: "watts times hours are watt-hours: no seconds are needed",
        0.1: "were the hours forgotten?",
    }
    require(
        _near(value, 1000.0),
        f"10 h × 250 W at 400 g/kWh is 1,000 g, not {value}: {_causes(value, 1000.0, slips)}",
    )
    with_pue = grams(10.0, 250.0, 1.5, 400.0)
    pue = {
        1 / 1.5: "the PUE has no effect",
        1.5: "the PUE went in twice",
        1 / 1.5**2: "the PUE is multiplied, not divided by",
    }
    cause = _causes(with_pue, 1500.0, pue)
    require(
        _near(with_pue, 1500.0), f"with a PUE of 1.5 the same hours emit 1,500 g, not {with_pue}: {cause}"
    )
    published = grams(3_552_000, 330, 1.10, 429)
    require(
        _near(published, 553_142_304.0),
        f"GPT-3's row gives 553 t, not {published:g} g: only small numbers work",
    )
    return "grams of CO2e from hours, watts, PUE and intensity; GPT-3's row gives 553 t"


@checker
def tonnes_by_place(tonnes: Callable[[float, Sequence[str]], dict[str, tuple[float, float]]]) -> str:
    """Check the lowest and highest tonnes of an energy in MWh for each place, by the two packages."""
    places = ["France", "Germany", "Sweden", "USA"]
    answer = tonnes(1000.0, places)
    require(
        isinstance(answer, dict) and set(answer) == set(places),
        "the answer must be a dictionary with each place asked for and no other",
    )
    for place in places:
        low, high = sorted(grams_per_kwh(place, source) for source in SOURCES)
        require(
            len(answer[place]) == 2,
            f"{place}: give two numbers, the lower and the higher of the two packages",
        )
        given = answer[place]
        require(given[0] <= given[1], f"{place}: {given} has the higher one first: sort the two")
        slips = {
            1000.0: "1 g/kWh is 1 kg/MWh: divide by 1,000 for tonnes",
            0.001: "1,000 g/kWh are 1 t/MWh: is there one division by 1,000 too many?",
        }
        for value, expected in zip(given, (low, high), strict=True):
            cause = _causes(value, expected, slips)
            require(
                _near(value, expected),
                f"{place}: 1,000 MWh emit {low:.0f} to {high:.0f} t, not {value:g}: {cause}",
            )
    twice = tonnes(2000.0, ["France"])["France"][0]
    require(
        _near(twice, 2 * answer["France"][0]), "twice the energy must emit twice as much: is energy_mwh used?"
    )
    return "tonnes of one energy on several grids, with the spread between two packages"


@checker
def implied_intensity(implied: Callable[[float, float, float], float]) -> str:
    """Check the grams per kWh that a model card's hours, watts and tonnes imply."""
    value = implied(1000.0, 500.0, 0.2)
    slips = {
        0.001: "a factor 1,000 is lost: a tonne is 1,000,000 g, and watts times hours are watt-hours",
        1e-6: "a tonne is 1,000,000 g",
        1 / 400 / 400: "upside down: grams go on top, kilowatt-hours below",
        0.5: "the watts are missing from the energy",
        1 / 1.1: "a PUE went in that the card does not print",
        1.1: "a PUE went in that the card does not print",
    }
    cause = _causes(value, 400.0, slips)
    require(
        _near(value, 400.0),
        f"1,000 h × 500 W are 500 kWh; 0.2 t over them are 400 g/kWh, not {value}: {cause}",
    )
    llama2 = implied(1_720_320, 400, 291.42)
    require(
        _near(llama2, 291.42e6 / (1_720_320 * 0.4)), f"Llama 2 70B's card implies 423 g/kWh, not {llama2:g}"
    )
    wrong = implied(7_000_000, 700, 12.9)
    require(
        _near(wrong, 12.9e6 / 4_900_000),
        f"the card with 12.9 t implies 2.63 g/kWh, not {wrong:g}: return it, even if absurd",
    )
    return "grams per kWh implied by a card"
