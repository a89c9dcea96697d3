"""Wrong answers to the exercises of emissions/first-estimate, which the checkers must refuse."""

from collections.abc import Sequence

from a2e.emissions.grid import SOURCES, grams_per_kwh


def watt_hours(hours: float, watts: float, pue: float, grams_per_kwh: float) -> float:
    return hours * watts * pue * grams_per_kwh


def without_pue(hours: float, watts: float, pue: float, grams_per_kwh: float) -> float:
    return hours * watts / 1000 * grams_per_kwh


def pue_twice(hours: float, watts: float, pue: float, grams_per_kwh: float) -> float:
    return hours * watts / 1000 * pue * pue * grams_per_kwh


def pue_divided(hours: float, watts: float, pue: float, grams_per_kwh: float) -> float:
    return hours * watts / 1000 / pue * grams_per_kwh


def kilograms(hours: float, watts: float, pue: float, grams_per_kwh: float) -> float:
    return hours * watts / 1000 * pue * grams_per_kwh / 1000


def only_energy(hours: float, watts: float, pue: float, grams_per_kwh: float) -> float:
    return hours * watts / 1000 * pue


def by_place(energy_mwh: float, places: Sequence[str], scale: float = 1e-3) -> dict[str, tuple[float, float]]:
    found = {}
    for place in places:
        low, high = sorted(grams_per_kwh(place, source) for source in SOURCES)
        found[place] = (energy_mwh * low * scale, energy_mwh * high * scale)
    return found


def kilograms_by_place(energy_mwh: float, places: Sequence[str]) -> dict[str, tuple[float, float]]:
    return by_place(energy_mwh, places, 1.0)


def grams_as_tonnes(energy_mwh: float, places: Sequence[str]) -> dict[str, tuple[float, float]]:
    return by_place(energy_mwh, places, 1e-6)


def in_source_order(energy_mwh: float, places: Sequence[str]) -> dict[str, tuple[float, float]]:
    return {
        place: (
            energy_mwh * grams_per_kwh(place, SOURCES[0]) / 1000,
            energy_mwh * grams_per_kwh(place, SOURCES[1]) / 1000,
        )
        for place in places
    }


def one_source_twice(energy_mwh: float, places: Sequence[str]) -> dict[str, tuple[float, float]]:
    return {place: (energy_mwh * grams_per_kwh(place) / 1000,) * 2 for place in places}


def energy_ignored(energy_mwh: float, places: Sequence[str]) -> dict[str, tuple[float, float]]:
    return by_place(1000.0, places)


def first_place_only(energy_mwh: float, places: Sequence[str]) -> dict[str, tuple[float, float]]:
    return by_place(energy_mwh, places[:1])


def in_kilograms(hours: float, watts: float, tonnes: float) -> float:
    return tonnes * 1000 / (hours * watts / 1000)


def in_tonnes(hours: float, watts: float, tonnes: float) -> float:
    return tonnes / (hours * watts / 1000)


def upside_down(hours: float, watts: float, tonnes: float) -> float:
    return hours * watts / 1000 / (tonnes * 1e6)


def with_a_pue(hours: float, watts: float, tonnes: float) -> float:
    return tonnes * 1e6 / (hours * watts / 1000 * 1.1)


def at_least_plausible(hours: float, watts: float, tonnes: float) -> float:
    return max(tonnes * 1e6 / (hours * watts / 1000), 20.0)


WRONG = {
    "grams_of_hours": [watt_hours, without_pue, pue_twice, pue_divided, kilograms, only_energy],
    "tonnes_by_place": [
        kilograms_by_place, grams_as_tonnes, in_source_order, one_source_twice, energy_ignored,
        first_place_only,
    ],
    "implied_intensity": [in_kilograms, in_tonnes, upside_down, with_a_pue, at_least_plausible],
}  # fmt: skip
