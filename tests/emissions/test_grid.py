import json
import math
import re
from collections import Counter

import numpy as np
import pytest
from a2e.emissions import grid, places
from a2e.emissions.packages import data_file, data_json, version


@pytest.mark.parametrize(
    ("place", "zone"), [("France", "FRA"), ("usa", "USA"), ("world", "WOR"), ("SWE", "SWE")]
)
def test_oracle_ecologits_reads_the_same(place, zone):
    from ecologits.electricity_mix_repository import electricity_mixes

    mix = electricity_mixes.find_electricity_mix(zone)
    assert mix is not None and grid.grams_per_kwh(place, "ecologits") == pytest.approx(mix.gwp * 1000)


@pytest.mark.parametrize("zone", ["FRA", "USA", "DEU", "CHN"])
def test_oracle_codecarbon_reads_the_same(zone):
    from codecarbon.input import DataSource

    expected = DataSource().get_global_energy_mix_data()[zone]["carbon_intensity"]
    assert grid.grams_per_kwh(zone, "codecarbon") == expected


def test_oracle_figures_of_the_pinned_packages():
    pairs = [(place, source) for place in ("France", "USA", "Sweden") for source in grid.SOURCES]
    assert [round(grid.grams_per_kwh(*pair)) for pair in pairs] == [41, 56, 384, 369, 35, 41]


def test_oracle_the_years_of_codecarbons_rows_are_those_that_the_module_names():
    """Most say 2022, the United States, France and Sweden 2023."""
    mixes = data_json("codecarbon", "data/private_infra/global_energy_mix.json")
    years = Counter(int(row["year"]) for row in mixes.values())
    older = sum(rows for year, rows in years.items() if year < 2022)
    text = " ".join((grid.__doc__ or "").split())
    [said] = re.findall(r"(\d+) rows, (\d+) say 2022, (\d+) say 2023 and (\d+) say an older year", text)
    assert [int(number) for number in said] == [len(mixes), years[2022], years[2023], older]
    assert max(years) == 2023 and {mixes[place]["year"] for place in ("USA", "FRA", "SWE")} == {2023}


def test_property_every_intensity_is_grams_not_kilograms():
    for source in grid.SOURCES:
        values = grid._table(source).values()
        assert len(values) > 200 and min(values) > 5 and 500 < max(values) < 2000


def test_oracle_every_code_of_the_data_is_found_by_both_of_its_iso_codes_and_its_name():
    import pycountry

    for code in (grid._table("ecologits").keys() | grid._table("codecarbon").keys()) - {"EEE", "WOR"}:
        country = pycountry.countries.get(alpha_3=code)
        assert country is not None
        name = country.name if code != "COG" else country.official_name  # "Congo" is refused: there are two
        assert grid.code(country.alpha_2) == grid.code(code) == grid.code(name) == code
    for code, row in data_json("codecarbon", "data/private_infra/global_energy_mix.json").items():
        assert places.find(row["country_name"]) == (code if code != "COG" else None)


def test_property_intensity_is_exact_sourced_and_one_object():
    value = grid.intensity("France", "codecarbon")
    assert value.spread == 1 and value.unit == "gCO2e/kWh" and "codecarbon" in value.sources[0]
    assert value is grid.intensity("fr", "codecarbon") is not grid.intensity("FR", "ecologits")
    assert grid.intensity_prior("USA") is grid.intensity_prior("us")
    assert (grid.intensity_prior("USA") / grid.intensity_prior("US")).spread == pytest.approx(1)


def test_property_the_prior_s_middle_is_the_default_data_set_s():
    for place in ("France", "USA", "world"):
        assert grid.intensity_prior(place).p50 == pytest.approx(grid.grams_per_kwh(place), rel=1e-3)
    europe = grid.intensity_prior("Europe")
    assert len(europe.sources) == 2 and europe.tier == "assumed"


def test_oracle_both_packages_hold_one_series_of_other_years():
    """Small countries whose last value is old read the same in both; the larger ones are of a later year."""
    ours, theirs = grid._table("ecologits"), grid._table("codecarbon")
    years = {row["year"] for row in data_json("codecarbon", grid._FILES["codecarbon"]).values()}
    assert max(years) == 2023 and {2022, 2023} < years
    same = [code for code in ours.keys() & theirs.keys() if abs(ours[code] - theirs[code]) < 0.02]
    assert len(same) >= 10 and "USA" not in same
    per_fuel = data_json("codecarbon", grid._PER_FUEL)
    assert theirs["WOR"] == per_fuel["world_average"] and "iea.org" in per_fuel["world_average_source"]


def test_oracle_europe_of_the_data_is_nearer_to_the_continent_than_to_the_economic_area():
    """The docstring of `code`: 202 g for the Area's countries and 214 g for the EU's, against 283 g."""
    union = ["AUT", "BEL", "BGR", "HRV", "CYP", "CZE", "DNK", "EST", "FIN", "FRA", "DEU", "GRC", "HUN",
             "IRL", "ITA", "LVA", "LTU", "LUX", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "ESP",
             "SWE"]  # fmt: skip
    beyond = ["GBR", "CHE", "UKR", "BLR", "RUS", "SRB", "BIH", "ALB", "MKD", "MNE", "MDA"]
    generated = data_json("codecarbon", grid._FILES["codecarbon"])

    def average(codes):
        weights = [generated[code]["total_TWh"] for code in codes]
        return np.average([grid.grams_per_kwh(code) for code in codes], weights=weights)

    area = [*union, "ISL", "NOR"]
    assert (round(average(union)), round(average(area))) == (214, 202)
    assert average([*area, *beyond]) == pytest.approx(grid.grams_per_kwh("Europe"), rel=0.05)


def test_oracle_the_width_of_the_united_states_is_that_of_its_states_and_of_the_data_sets():
    """By hand from CodeCarbon's file: pounds per MWh of 50 states and the capital over the nation's grams."""
    file = data_file("codecarbon", "data/private_infra/2023/usa_emissions.json")
    rows = json.loads(file.read_text())
    pounds = [row["emissions"] for name, row in rows.items() if name != "usa" and "emissions" in row and
              "regionCode" in row and row["regionCode"] != "2 digit state/region code"]  # fmt: skip
    assert len(pounds) == 51
    logs = np.log(np.array(pounds) * 0.45359237 / grid.grams_per_kwh("USA", "codecarbon"))
    both = [code for code in grid._table("ecologits") if code in grid._table("codecarbon")]
    gaps = np.log([grid.grams_per_kwh(c, "ecologits") / grid.grams_per_kwh(c, "codecarbon") for c in both])
    sd = math.sqrt((logs**2).mean() + (gaps**2).mean())
    prior = grid.intensity_prior("USA")
    assert math.log(prior.p95 / prior.p50) == pytest.approx(1.645 * sd, rel=1e-3)
    inside = ((np.exp(logs) * 369.473 > prior.p05) & (np.exp(logs) * 369.473 < prior.p95)).mean()
    assert 0.85 < inside < 1


def test_oracle_a_province_of_water_and_gas_by_hand():
    """2.8 % gas at 743 g, 0.1 % oil at 816, 6.7 % biomass at 230, 0.6 % sun at 48, else wind and water."""
    by_hand = 0.028 * 743 + 0.001 * 816 + 0.067 * 230 + 0.006 * 48 + (0.029 + 0.868) * 26
    assert grid.regions()["CAN"]["british columbia"] == pytest.approx(by_hand)


def test_property_the_prior_is_as_wide_as_grams_differ_within_one_country():
    """5 to 10 times within one country (Patterson et al. 2021); the data sets' gap is far smaller."""
    for place in ("USA", "France", "Germany"):
        prior = grid.intensity_prior(place)
        ends = sorted(grid.grams_per_kwh(place, source) for source in grid.SOURCES)
        assert 5 < prior.spread < 10 and prior.p05 < ends[0] < ends[1] < prior.p95
    assert grid.intensity_prior("world").spread > grid.intensity_prior("USA").spread


def test_oracle_the_regions_are_counted_otherwise_than_their_nations():
    """eGRID's United States is 350 g where the nation's series has 369: the widths cross a boundary."""
    states = data_json("codecarbon", f"{grid._REGIONS}/usa_emissions.json")
    nation = states["usa"]["emissions"] * 0.45359237
    assert nation == pytest.approx(349.7, abs=0.1) and nation < grid.grams_per_kwh("USA", "codecarbon")


def test_property_no_sample_is_above_the_dirtiest_grid():
    highest = max(max(grid._table(source).values()) for source in grid.SOURCES)
    assert grid.intensity_prior("Poland").samples.max() == highest
    assert grid.intensity_prior("Norway").samples.max() < highest


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("Frence", "place is 'Frence': did you mean France"),
        ("Fraance", "did you mean France"),
        ("xyzxyz", "place is 'xyzxyz': give a country's English name or ISO code"),
        ("Korea", r"did you mean South Korea, North Korea\?"),
        ("Bosnia", r"did you mean Bosnia and Herzegovina\?"),
        ("Saudi", r"did you mean Saudi Arabia\?"),
        ("Virgin Islands", r"did you mean U.S. Virgin Islands, British Virgin Islands\?"),
        ("Vatikan", "place is 'Vatikan': give a country's English name or ISO code"),
        ("Andora", "place is 'Andora': give a country's English name or ISO code"),
        ("Saint", "place is 'Saint': did you mean Saint "),
        ("St.", "place is 'St.': did you mean Saint "),
        ("Kosovo", "place is 'Kosovo': take a place near it or 'world', as no data set has this one"),
        ("XK", "place is 'XK': take a place near it or 'world', as no data set has this one"),
        ("Vatican", "take a place near it or 'world', as no data set has this one"),
        ("Micronesia", "take a place near it or 'world', as no data set has this one"),
        (
            "Central African Republic",
            "'Central African Republic': take a place near it or 'world', as no data",
        ),
        ("Liechtenstein", "take a place near it or 'world', as no data set has this one"),
        ("", "place is '': give a text that is not empty"),
        (None, "place is None: give a text that is not empty"),
    ],
)
@pytest.mark.parametrize("ask", [grid.code, grid.grams_per_kwh, grid.intensity, grid.intensity_prior])
def test_edge_unknown_place_names_one_that_would_do(place, message, ask):
    with pytest.raises(ValueError, match=message):
        ask(place)


def test_property_what_a_reader_does_to_regions_changes_no_later_result():
    before, width = grid.regions(), grid._within("USA")
    grid.regions()["USA"].clear()
    grid.regions().pop("CHN")
    grid._region_widths.cache_clear()
    assert grid.regions() == before and grid._within("USA") == width and len(before["USA"]) == 51


def test_edge_place_of_one_source_alone_points_to_the_other():
    with pytest.raises(ValueError, match="place is 'Europe': take source='ecologits', as codecarbon"):
        grid.grams_per_kwh("Europe", "codecarbon")


@pytest.mark.parametrize("ask", [grid.source_line, lambda source: grid.intensity("France", source),
                                 lambda source: grid.grams_per_kwh("France", source)])  # fmt: skip
def test_edge_unknown_source_is_refused(ask):
    with pytest.raises(ValueError, match="source is 'iea': give one of ecologits, codecarbon"):
        ask("iea")


def test_edge_missing_package_file_or_folder_is_refused():
    with pytest.raises(ValueError, match="package is 'no-such-package': install it by pip install"):
        data_file("no-such-package", "x")
    with pytest.raises(ValueError, match="package is 'no-such-package': install it by pip install"):
        version("no-such-package")
    for path in ("nothing.json", "data"):
        with pytest.raises(
            ValueError, match=f"path is '{path}': give a file of ecologits {version('ecologits')}"
        ):
            data_file("ecologits", path)


@pytest.mark.parametrize("path", ["__init__.py", "data/hardware/cpu_power.csv"])
def test_edge_a_package_file_that_holds_no_json_is_refused(path):
    with pytest.raises(ValueError, match=f"path is '{path}': give a file that holds JSON"):
        data_json("codecarbon", path)


def test_property_every_prior_is_one_that_carbon_takes():
    from a2e.emissions.estimate import carbon
    from a2e.emissions.quantity import exact

    energy = exact(1.0, "kWh", "measured", "energy", "a test")
    for code in grid._table("ecologits").keys() | grid._table("codecarbon").keys():
        prior = grid.intensity_prior(code)
        assert carbon(energy, prior).to("gCO2e").p50 == pytest.approx(prior.p50)


def test_oracle_the_width_of_the_world_is_that_of_its_countries_by_electricity_and_of_their_regions():
    rows = data_json("codecarbon", "data/private_infra/global_energy_mix.json").values()
    rows = [row for row in rows if row["carbon_intensity"]]
    logs = np.log([row["carbon_intensity"] / grid.grams_per_kwh("world", "codecarbon") for row in rows])
    countries = np.average(logs**2, weights=[row["total_TWh"] for row in rows])
    country = math.log(grid.intensity_prior("France").p95 / grid.intensity_prior("France").p50) / 1.6449
    world = math.log(grid.intensity_prior("world").p50 / grid.intensity_prior("world").p05) / 1.6449
    assert world == pytest.approx(math.hypot(country, math.sqrt(countries)), rel=3e-3)


@pytest.mark.parametrize("place", ["EU", "European Union", "the EU"])
def test_edge_the_union_is_not_given_the_continent_s_grams(place):
    with pytest.raises(ValueError, match=f"place is '{place}': take a place near it or 'world'"):
        grid.grams_per_kwh(place)


def test_oracle_the_width_of_europe_is_the_world_s():
    """For want of a weight of each European country: its countries' spread is taken for the world's."""
    priors = map(grid.intensity_prior, ("Europe", "world"))
    europe, world = (math.log(prior.p50 / prior.p05) for prior in priors)
    assert europe == pytest.approx(world, rel=1e-3)
