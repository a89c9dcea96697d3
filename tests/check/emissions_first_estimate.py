"""Answers to emissions/first-estimate: wrong ones with the diagnosis that fits, and right ones."""

import math
from collections.abc import Callable, Sequence

from a2e.emissions.grid import SOURCES, grams_per_kwh

from tests.check.near import times

Places = dict[str, tuple[float, float]]


def grams(hours: float, watts: float, pue: float, grams_per_kwh: float) -> float:
    return hours * watts / 1000 * pue * grams_per_kwh


def with_pue(effect: Callable[[float], float]) -> Callable[..., float]:
    """Return grams in which the PUE has another effect than to multiply."""
    return lambda hours, watts, pue, per_kwh: grams(hours, watts, effect(pue), per_kwh)


def by_place(energy_mwh: float, places: Sequence[str], scale: float = 1e-3) -> Places:
    found = {}
    for place in places:
        low, high = sorted(grams_per_kwh(place, source) for source in SOURCES)
        found[place] = (energy_mwh * low * scale, energy_mwh * high * scale)
    return found


def scaled(scale: float) -> Callable[..., Places]:
    """Return ``by_place`` with each number ``scale`` times as large."""
    return lambda energy_mwh, places: by_place(energy_mwh, places, 1e-3 * scale)


def in_source_order(energy_mwh: float, places: Sequence[str]) -> Places:
    first, second = (
        {place: energy_mwh * grams_per_kwh(place, source) / 1000 for place in places} for source in SOURCES
    )
    return {place: (first[place], second[place]) for place in places}


def one_source_twice(energy_mwh: float, places: Sequence[str]) -> Places:
    return {place: (energy_mwh * grams_per_kwh(place) / 1000,) * 2 for place in places}


def three_numbers(energy_mwh: float, places: Sequence[str]) -> dict[str, tuple[float, ...]]:
    return {place: (low, low, high) for place, (low, high) in by_place(energy_mwh, places).items()}


def only_the_lower(energy_mwh: float, places: Sequence[str]) -> dict[str, tuple[float, ...]]:
    return {place: (low,) for place, (low, _) in by_place(energy_mwh, places).items()}


def with_the_world(energy_mwh: float, places: Sequence[str]) -> Places:
    return by_place(energy_mwh, [*places, "World"])


def implied(hours: float, watts: float, tonnes: float) -> float:
    return tonnes * 1e6 / (hours * watts / 1000)


WRONG = {
    "grams_of_hours": [
        (times(grams, 1000), "10 h at 250 W are 2,500 watt-hours: divide by 1,000 for kilowatt-hours"),
        (times(grams, 1 / 1000), "is there one division by 1,000 too many?"),
        (lambda *given: grams(*given) / given[-1], "that is the energy in kilowatt-hours"),
        (lambda hours, *rest: grams(3600 * hours, *rest), "no seconds are needed"),
        (lambda hours, *rest: grams(hours / 3600, *rest), "no seconds are needed"),
        (lambda hours, *rest: grams(1.0, *rest), "were the hours forgotten?"),
        (times(grams, 7), "that is 7 times the right value"),
        (times(grams, 1 + 1e-5), "that is 1 times the right value"),
        (times(grams, 1000 * (1 + 1e-5)), "that is 1e+03 times the right value"),
        (times(grams, 0), "not 0.0: that is no number above 0"),
        (times(grams, -1), "not -1000.0: that is no number above 0"),
        (times(grams, math.inf), "not inf: that is no number above 0"),
        (times(grams, math.nan), "not nan: that is no number above 0"),
        (lambda *given: f"{grams(*given)} g", "not 1000.0 g: that is no number above 0"),
        (with_pue(lambda pue: 1.0), "the PUE has no effect"),
        (with_pue(lambda pue: pue**2), "the PUE went in twice"),
        (with_pue(lambda pue: 1 / pue), "the PUE is multiplied, not divided by"),
        (with_pue(lambda pue: 2 * pue - 1), "not 2000.0: that is 1.33 times the right value"),
        (lambda *given: min(grams(*given), 1e6), "GPT-3's row gives 553 t, not 1e+06 g"),
    ],
    "tonnes_by_place": [
        (scaled(1000), "1 g/kWh is 1 kg/MWh: divide by 1,000 for tonnes"),
        (scaled(1 / 1000), "1,000 g/kWh are 1 t/MWh: is there one division by 1,000 too many?"),
        (scaled(1.1), "that is 1.1 times the right value"),
        (scaled(1 + 1e-5), "that is 1 times the right value"),
        (in_source_order, "has the higher one first: sort the two"),
        (one_source_twice, "times the right value"),
        (lambda energy_mwh, places: by_place(1000.0, places), "is energy_mwh used?"),
        (lambda energy_mwh, places: by_place(energy_mwh**2 / 1000, places), "is energy_mwh used?"),
        (lambda energy_mwh, places: by_place(energy_mwh, places[:1]), "each place asked for and no other"),
        (with_the_world, "each place asked for and no other"),
        (lambda *given: list(by_place(*given).values()), "the answer must be a dictionary"),
        (three_numbers, "give two numbers, the lower and the higher"),
        (only_the_lower, "give two numbers, the lower and the higher"),
    ],
    "implied_intensity": [
        (times(implied, 1 / 1000), "a factor 1,000 is lost"),
        (times(implied, 1e-6), "99996: a tonne is 1,000,000 g"),
        (lambda *given: 1 / implied(*given), "upside down: grams go on top, kilowatt-hours below"),
        (lambda hours, watts, tonnes: tonnes * 1e6 / hours, "the watts are missing from the energy"),
        (times(implied, 1.1), "a PUE went in that the card does not print"),
        (times(implied, 1 / 1.1), "a PUE went in that the card does not print"),
        (times(implied, 3), "that is 3 times the right value"),
        (lambda *given: min(implied(*given), 410.0), "Llama 2 70B's card implies 423 g/kWh, not 410"),
        (lambda *given: max(implied(*given), 20.0), "return it, even if absurd"),
    ],
}  # fmt: skip
"""The wrong answers to each exercise, and words of the diagnosis that fits."""

RIGHT = {
    "grams_of_hours": [
        times(grams, 1 + 5e-7),
        times(grams, 1 - 5e-7),
        lambda hours, watts, pue, per_kwh: round(per_kwh * pue * watts * hours / 1000),
    ],
    "tonnes_by_place": [
        scaled(1 + 5e-7),
        lambda *given: {place: list(pair) for place, pair in reversed(by_place(*given).items())},
    ],
    "implied_intensity": [
        times(implied, 1 + 5e-7),
        lambda hours, watts, tonnes: 1e9 * tonnes / hours / watts,
    ],
}
"""Right answers to each exercise that are written differently, or lie within what rounding may do."""
