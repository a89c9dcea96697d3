import pytest
from a2e.emissions import grid
from a2e.emissions.packages import data_file, version


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


def test_property_every_intensity_is_grams_not_kilograms():
    for source in grid.SOURCES:
        values = grid._table(source).values()
        assert len(values) > 200 and min(values) > 5 and 500 < max(values) < 2000


def test_property_names_and_codes_agree():
    assert grid.code("Germany") == grid.code("deu") == grid.code("  germany ") == "DEU"
    assert grid.code("UK") == grid.code("United Kingdom") == "GBR"


def test_property_prior_spans_both_data_sets():
    prior = grid.intensity_between("Germany")
    ends = sorted(grid.grams_per_kwh("Germany", source) for source in grid.SOURCES)
    assert ends[0] <= prior.samples.min() < prior.samples.max() <= ends[1]
    assert len(prior.sources) == 2 and prior.tier == "modelled"


def test_property_intensity_is_exact_and_sourced():
    value = grid.intensity("France", "codecarbon")
    assert value.spread == 1 and value.unit == "gCO2e/kWh" and "codecarbon" in value.sources[0]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("Frence", "did you mean France"),
        ("Atlantis", "place='Atlantis' is in neither"),
        ("", "give a country"),
    ],
)
def test_edge_unknown_place_names_the_nearest(place, message):
    with pytest.raises(ValueError, match=message):
        grid.grams_per_kwh(place)


def test_edge_place_of_one_source_alone_points_to_the_other():
    with pytest.raises(ValueError, match="try source='ecologits'"):
        grid.grams_per_kwh("EEE", "codecarbon")


def test_edge_unknown_source_is_refused():
    with pytest.raises(ValueError, match="source='iea' must be one of ecologits, codecarbon"):
        grid.grams_per_kwh("France", "iea")


def test_edge_missing_package_or_file_is_refused():
    with pytest.raises(ValueError, match="package='no-such-package' is not installed"):
        data_file("no-such-package", "x")
    with pytest.raises(ValueError, match=f"path='nothing.json' is not in ecologits {version('ecologits')}"):
        data_file("ecologits", "nothing.json")
