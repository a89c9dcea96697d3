import csv

import pytest
from a2e.emissions import devices, published
from a2e.emissions.quantity import TIERS
from a2e.paths import DATA

RUNS = published.runs()


def rows(name):
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["published_runs.csv", "devices.csv"])
def test_property_every_fact_has_value_unit_tier_and_source(name):
    for row in rows(name):
        float(row["value"])
        assert row["unit"] and row["tier"] in TIERS and row["source"].strip(), row
        assert row["source_seen"] in ("primary", "secondary"), row


def test_property_every_run_names_a_device_of_the_data():
    for run in RUNS.values():
        assert not run.device or devices.find(run.device).name == run.device
        assert run.device or run.name in ("bigscience-104b", "bigscience-13b", "bigscience-6b",
                                          "bigscience-1b", "gemma2")  # fmt: skip


def test_property_facts_belong_to_runs():
    assert {row["run"] for row in rows("published_runs.csv")} <= set(RUNS)


def test_property_circular_energy_is_never_called_measured():
    for run in RUNS.values():
        if run.circular and "energy" in run.facts and run.name != "gopher-280b":
            assert run.fact("energy").tier == "assumed", run.name


def test_property_carbon_is_never_better_than_what_it_rests_on():
    for run in RUNS.values():
        for part in ("energy", "pue", "grid_intensity"):
            if {"carbon", part} <= set(run.facts):
                assert TIERS.index(run.fact("carbon").tier) >= TIERS.index(run.fact(part).tier), run.name


def test_oracle_gpt3_as_printed():
    gpt3 = published.find("p21-gpt3")
    printed = {
        name: gpt3.fact(name).p50 for name in ("device_hours", "power", "pue", "grid_intensity", "energy")
    }
    assert printed == {"device_hours": 10000 * 14.8 * 24, "power": 330, "pue": 1.1, "grid_intensity": 429,
                       "energy": 1287}  # fmt: skip


def test_edge_unknown_run_names_the_nearest():
    with pytest.raises(ValueError, match=r"did you mean .*p21-gpt3"):
        published.find("gpt3")


def test_edge_missing_fact_is_refused():
    with pytest.raises(ValueError, match="p21-gpt3 prints no water"):
        published.find("p21-gpt3").fact("water")
