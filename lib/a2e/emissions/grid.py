"""Grams of CO2e behind a kilowatt-hour of electricity, by place, from the files of two packages.

For countries both packages hold **one series in two years**: Ember's, as Our World in Data passes it on.
Of CodeCarbon's 213 rows, 130 say 2022, 78 say 2023 and 5 say an older year. EcoLogits' name no year but are
newer: only a dozen small places still read the same in both. For the world, EcoLogits has that series and
CodeCarbon the IEA's 475 g of CO2 alone, of 2018 (Global Energy & CO2 Status Report).

The series aims to count the **life cycle of generation**: the gases of burning, methane lost upstream, the
supply chain, and the making of power stations. It is a place's **yearly average** where electricity is
generated (location-based, of the production mix). It does not know the hour, nor the **marginal** intensity
(of the power station that responds to one more kilowatt-hour), nor trade with neighbours, nor what a company
has bought (market-based).

>>> round(grams_per_kwh("France", "ecologits")), round(grams_per_kwh("France", "codecarbon"))
(41, 56)
"""

import math
import statistics
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from a2e.emissions import places
from a2e.emissions.packages import data_json, version
from a2e.shapes import Text, checked, refuse

if TYPE_CHECKING:
    from a2e.emissions.quantity import Quantity

_FILES = {
    "ecologits": "data/electricity_mixes.json",
    "codecarbon": "data/private_infra/global_energy_mix.json",
}
SOURCES = tuple(_FILES)
_REGIONS = "data/private_infra/2023"
_PER_FUEL = "data/private_infra/carbon_intensity_per_source.json"
_FUELS = {"naturalGas": "natural_gas", "hydro": "hydroelectricity"}  # Canada's columns, other names


@cache
def _table(source: str) -> dict[str, float]:
    """Return g CO2e/kWh by three-letter code, read from the installed package's own file.

    A zero (the Central African Republic in both) stands for a missing value and is left out.
    """
    if source == "ecologits":
        rows = data_json("ecologits", _FILES[source])["electricity_mixes"]
        return {row["name"]: row["gwp"] * 1000 for row in rows if row["gwp"]}
    mixes = data_json("codecarbon", _FILES[source])
    known = {code: float(row["carbon_intensity"]) for code, row in mixes.items() if row["carbon_intensity"]}
    return known | {places.WORLD: float(data_json("codecarbon", _PER_FUEL)["world_average"])}


def _check_source(source: str) -> None:
    refuse(source not in SOURCES, f"source is {source!r}: give one of {', '.join(SOURCES)}")


def _sources_of(code: str) -> list[str]:
    return [source for source in SOURCES if code in _table(source)]


@checked
def code(place: Text) -> str:
    """Return the three-letter code of ``place``, given as an English name or an ISO 3166 code.

    A code is read before a name: CA is Canada, GA Gabon and IN India, never a state of the United States.
    The world is WOR, and Europe is EEE. That is the European Economic Area by EcoLogits' name for it, but its
    283 g are about the continent's: the Area's countries in the same file average 202, the EU's 214. So the
    EU is refused: neither package has a figure for it.
    Raise ``ValueError`` for a place that is unknown or in no data set, with a name that would do.

    >>> code("Sweden"), code("se"), code("world")
    ('SWE', 'SWE', 'WOR')
    """
    found = places.find(place)
    if found and _sources_of(found):
        return found
    if found:
        raise ValueError(f"place is {place!r}: take a place near it or 'world', as no data set has this one")
    near = places.nearest(place, _table("ecologits").keys() | _table("codecarbon").keys())
    hint = f"did you mean {', '.join(near)}?" if near else "give a country's English name or ISO code"
    raise ValueError(f"place is {place!r}: {hint}")


@checked
def grams_per_kwh(place: Text = "world", source: Text = "ecologits") -> float:
    """Return the yearly average intensity of ``place`` in g CO2e/kWh as a plain float (no pint, no samples).

    Raise ``ValueError`` for an unknown place or source, and for a source without that place, with one that
    has it.

    >>> round(grams_per_kwh("world", "ecologits")), round(grams_per_kwh("world", "codecarbon"))
    (458, 475)
    """
    _check_source(source)
    key = code(place)
    if key not in _table(source):
        raise ValueError(f"place is {place!r}: take source={_sources_of(key)[0]!r}, as {source} lacks it")
    return _table(source)[key]


@checked
def source_line(source: Text) -> str:
    """Return the package, version and file that a figure of ``source`` rests on.

    >>> source_line("ecologits").startswith("ecologits 0.")
    True
    """
    _check_source(source)
    return f"{source} {version(source)} {_FILES[source].rpartition('/')[2]}"


@checked
def intensity(place: Text = "world", source: Text = "ecologits") -> "Quantity":
    """Return the yearly average of ``place`` by one data set, in g CO2e/kWh: modelled, without a spread.

    That it is the average of this place is modelled; that it is yours may be no more than assumed.

    One place in one data set is one fact: however it is asked for, the same object comes back.

    >>> print(intensity("France", "ecologits"))
    41.44 g CO2e/kWh, modelled (grid intensity of FRA), 1 source
    """
    _check_source(source)
    grams_per_kwh(place, source)
    return _intensity(code(place), source)


@cache
def _intensity(key: str, source: str) -> "Quantity":
    from a2e.emissions.quantity import exact

    name = f"grid intensity of {key}"
    return exact(_table(source)[key], "gCO2e/kWh", "modelled", name, source_line(source))


@checked
def intensity_prior(place: Text = "world") -> "Quantity":
    """Return what to expect in g CO2e/kWh where only the country is known: a log-normal prior, assumed.

    Its middle is the value that `grams_per_kwh` gives (CodeCarbon's where EcoLogits has none). Its width
    holds what a country's yearly average leaves open. Each part is a root mean square of logarithms of
    ratios, computed from the packages' files:

    * **where in the country**: each region over its country, with equal chance, in the three countries whose
      regions CodeCarbon ships (United States, Canada, China). Any other country gets the middle one of these
      three widths, 0.63, which is the United States'. These ratios cross a boundary: the nation's grams count
      the life cycle, the regions' do not (see `regions`), so that a part of each width is a difference of
      counting. The price zones of Sweden and Norway are left out, as is that file's value for Finland:
      Sweden's zones all lie under Sweden's average in the same package.
    * **which year**: EcoLogits over CodeCarbon, all countries, 0.18.
    * for the world and for Europe also **which country**: country over world, by electricity generated, 0.64.

    So p95/p05 is 8.6 for the United States. Patterson et al. (2021) say that grams differ about 5 to 10 times
    within one country, but partly after deducting what a company buys (in Iowa from 478 to 80 g). No sample
    is above the dirtiest grid of a country in either data set. One place is one fact: the same object comes
    back.

    >>> print(intensity_prior("USA"))
    384 g CO2e/kWh (90 %: 131-1,130), assumed (grid intensity of USA), 3 sources
    """
    return _prior(code(place))


@cache
def _prior(key: str) -> "Quantity":
    from a2e.emissions.draws import Z95
    from a2e.emissions.quantity import lognormal

    known = _sources_of(key)
    middle = _table(known[0])[key]
    reach = math.exp(Z95 * math.hypot(_within(key), _between_sources()))
    regions = f"codecarbon {version('codecarbon')} {_REGIONS.rpartition('/')[2]} regions"
    lines = (*map(source_line, known), regions)
    name = f"grid intensity of {key}"
    prior = lognormal(middle / reach, middle * reach, "gCO2e/kWh", "assumed", name, *lines)
    highest = max(max(_table(source).values()) for source in SOURCES)
    return replace(prior, samples=prior.samples.clip(max=highest))


def _within(key: str) -> float:
    """Return how far the places inside ``key`` lie from its average, in logarithms."""
    widths = _region_widths()
    middle = statistics.median(widths.values())
    if key in (places.WORLD, places.EUROPE):
        return math.hypot(middle, _between_countries())
    return widths.get(key, middle)


@cache
def _region_widths() -> dict[str, float]:
    nations = _table("codecarbon")
    return {key: _rms([math.log(grams / nations[key]) for grams in parts.values()])
            for key, parts in regions().items()}  # fmt: skip


def regions() -> dict[str, dict[str, float]]:
    """Return g CO2e/kWh by state or province of the countries whose regions CodeCarbon ships.

    The United States' and China's are printed (EPA eGRID 2023, CO2e at the power stations; China's ministry
    2023, CO2 alone). Canada's are computed: each province's mix with CodeCarbon's grams per fuel, which are
    those of the life cycle, except for coal, oil and gas: there they are those of burning. Each call returns
    dictionaries of its own.

    >>> {country: len(parts) for country, parts in regions().items()}
    {'USA': 51, 'CHN': 30, 'CAN': 13}
    """
    return {country: dict(parts) for country, parts in _regions().items()}


@cache
def _regions() -> dict[str, dict[str, float]]:
    states = data_json("codecarbon", f"{_REGIONS}/usa_emissions.json")
    china = data_json("codecarbon", f"{_REGIONS}/china_provincial_emissions.json")["data"]
    provinces = data_json("codecarbon", f"{_REGIONS}/canada_energy_mix.json")
    grams_per_pound = 453.59237
    return {
        "USA": {state: row["emissions"] * grams_per_pound / 1000
                for state, row in states.items() if state != "usa" and not state.startswith("_")},
        "CHN": {row["names"][0]: row["emission_factor"] for row in china.values()},
        "CAN": {province: _grams_of_mix(mix) for province, mix in provinces.items()},
    }  # fmt: skip


def _grams_of_mix(percent: dict[str, float]) -> float:
    grams: dict[str, Any] = data_json("codecarbon", _PER_FUEL)
    return sum(part / 100 * grams.get(_FUELS.get(fuel, fuel), 0.0)
               for fuel, part in percent.items() if fuel != "total")  # fmt: skip


@cache
def _between_sources() -> float:
    ours, theirs = (_table(source) for source in SOURCES)
    return _rms([math.log(ours[key] / theirs[key]) for key in ours.keys() & theirs.keys()])


@cache
def _between_countries() -> float:
    nations = _table("codecarbon")
    rows = data_json("codecarbon", _FILES["codecarbon"])
    generated = {key: float(row["total_TWh"]) for key, row in rows.items() if key in nations}
    logs = [math.log(nations[key] / nations[places.WORLD]) for key in generated]
    return _rms(logs, list(generated.values()))


def _rms(values: list[float], weights: list[float] | None = None) -> float:
    weights = weights or [1.0] * len(values)
    squares = math.fsum(weight * value**2 for value, weight in zip(values, weights, strict=True))
    return math.sqrt(squares / math.fsum(weights))
