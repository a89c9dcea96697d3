"""Grams of CO2e behind a kilowatt-hour of electricity, by place, from two packages that disagree.

Both give a place's yearly *average* intensity where electricity is generated (location-based): the grams of
all its power stations over the kilowatt-hours of all of them. Neither knows the hour, nor the *marginal*
intensity (of the power station that answers to one more kilowatt-hour), nor what a company has bought.

>>> round(grams_per_kwh("France", "ecologits")), round(grams_per_kwh("France", "codecarbon"))
(41, 56)
"""

import difflib
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from a2e.emissions.packages import data_file, version

if TYPE_CHECKING:
    from a2e.emissions.quantity import Quantity

SOURCES = ("ecologits", "codecarbon")
_MIXES = "data/private_infra"
_ALIASES = {
    "us": "USA", "united states of america": "USA", "uk": "GBR", "great britain": "GBR", "world": "WOR",
    "south korea": "KOR", "korea": "KOR", "czech republic": "CZE", "holland": "NLD", "uae": "ARE",
}  # fmt: skip


@cache
def _table(source: str) -> dict[str, float]:
    """Grams of CO2e per kWh by three-letter code, read from the installed package's own file.

    A zero (the Central African Republic in both) stands for a missing value and is left out.
    """
    if source == "ecologits":
        rows = json.loads(data_file("ecologits", "data/electricity_mixes.json").read_text("utf-8"))
        return {row["name"]: row["gwp"] * 1000 for row in rows["electricity_mixes"] if row["gwp"]}
    mixes = _codecarbon_countries()
    sources = data_file("codecarbon", f"{_MIXES}/carbon_intensity_per_source.json")
    world = json.loads(sources.read_text("utf-8"))
    known = {code: float(row["carbon_intensity"]) for code, row in mixes.items() if row["carbon_intensity"]}
    return known | {"WOR": float(world["world_average"])}


@cache
def _codecarbon_countries() -> dict[str, dict[str, Any]]:
    file = data_file("codecarbon", f"{_MIXES}/global_energy_mix.json")
    mixes: dict[str, dict[str, Any]] = json.loads(file.read_text("utf-8"))
    return mixes


@cache
def places() -> dict[str, str]:
    """Names that may be asked for, in lower case, each with its three-letter code."""
    names = {row["country_name"].lower(): code for code, row in _codecarbon_countries().items()}
    return names | {code.lower(): code for code in _table("ecologits")} | _ALIASES


def code(place: str) -> str:
    """The three-letter code (ISO 3166; WOR for the world) of ``place``, given as a name or a code.

    Raises ValueError with the nearest names when no package has the place.

    >>> code("Sweden"), code("fra"), code("world")
    ('SWE', 'FRA', 'WOR')
    """
    if not isinstance(place, str):
        raise ValueError(f"place={place!r} is no name: give a country's English name or ISO code")
    found = places().get(" ".join(place.lower().split()))
    if found is None:
        near = difflib.get_close_matches(place.lower(), list(places()), n=3, cutoff=0.5)
        names = ", ".join(name.title() for name in near)
        hint = f"did you mean {names}?" if near else "give a country's English name or ISO code"
        raise ValueError(f"place={place!r} is in neither data set: {hint}")
    return found


def grams_per_kwh(place: str = "world", source: str = "ecologits") -> float:
    """Average grid intensity of ``place`` in g CO2e/kWh as a plain float (no pint, no samples).

    Raises ValueError for an unknown place or source, or a source without that place.

    >>> round(grams_per_kwh("world", "ecologits")), round(grams_per_kwh("world", "codecarbon"))
    (458, 475)
    """
    if source not in SOURCES:
        raise ValueError(f"source={source!r} must be one of {', '.join(SOURCES)}")
    key = code(place)
    if key not in _table(source):
        other = SOURCES[1 - SOURCES.index(source)]
        raise ValueError(f"place={place!r} is not in the data of source={source!r}: try source={other!r}")
    return _table(source)[key]


def source_line(source: str) -> str:
    """Package and version that a figure of ``source`` rests on.

    >>> source_line("ecologits").startswith("ecologits 0.")
    True
    """
    files = {"ecologits": "electricity_mixes.json", "codecarbon": "global_energy_mix.json"}
    if source not in files:
        raise ValueError(f"source={source!r} is unknown: take one of {', '.join(files)}")
    return f"{source} {version(source)} {files[source]}"


def intensity(place: str = "world", source: str = "ecologits") -> "Quantity":
    """Average grid intensity of ``place`` by one data set: a modelled `Quantity` in g/kWh without spread.

    >>> print(intensity("France", "ecologits"))
    41.44 g CO2e/kWh, modelled (grid intensity of FRA), 1 source
    """
    from a2e.emissions.quantity import exact

    grams = grams_per_kwh(place, source)
    return exact(grams, "gCO2e/kWh", "modelled", f"grid intensity of {code(place)}", source_line(source))


def intensity_between(place: str = "world") -> "Quantity":
    """Grid intensity anywhere between the two data sets with equal chance: their spread as a prior.

    >>> print(intensity_between("France"))
    48.7 g CO2e/kWh (90 %: 42.2-55.3), modelled (grid intensity of FRA), 2 sources
    """
    from a2e.emissions.quantity import uniform

    low, high = sorted(grams_per_kwh(place, source) for source in SOURCES)
    name, sources = f"grid intensity of {code(place)}", tuple(source_line(source) for source in SOURCES)
    return uniform(low, high, "gCO2e/kWh", "modelled", name, *sources)
