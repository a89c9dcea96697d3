import csv
import re

import pytest
from a2e.emissions import devices, published
from a2e.paths import DATA
from a2e.tiers import TIERS

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


def test_property_the_readme_of_data_counts_the_rows_and_names_those_that_are_no_single_run():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    assert [int(n) for n in re.findall(r"(\d+) rows of published training runs", text)] == [len(RUNS)]
    [(several, total)] = re.findall(r"(\d+) of the (\d+) rows are not one training run", text)
    paragraph = text[text.index("**The published runs are a selection**") :].split("\n\n")[0]
    named = {name for name in re.findall(r"`([\w.-]+)`", paragraph) if name in RUNS}
    strubell = {name for name in RUNS if name.startswith("strubell-")}
    assert (len(named | strubell | {"gpt4-iea"}), len(RUNS)) == (int(several), int(total))


def test_property_circular_energy_is_assumed_and_its_power_as_well():
    for run in RUNS.values():
        if run.circular:
            assert {run.fact(name).tier for name in {"energy", "power", "carbon"} & set(run.facts)} == {
                "assumed"
            }, run.name


def test_property_energy_of_an_assumed_power_is_flagged_as_circular():
    """Every energy that the data call a TDP's, a cap's or other runs' is, and no metered one."""
    words = ("hours x TDP", "283 W x chip-hours", "estimated 22 MW")
    for row in rows("published_runs.csv"):
        if row["quantity"] == "energy":
            assert RUNS[row["run"]].circular == any(word in row["basis"] for word in words), row


COUNTS = ("parameters", "active_parameters", "tokens", "device_count")
SUPPOSED = {("p21-gpt3", "device_count"), ("gpt4-iea", "device_count")}
PRODUCTS = {("p21-gshard", "active_parameters"), ("p21-switch", "active_parameters")}
SHAPES = {  # vocabulary, width, layers, MLP's inner width, heads, heads of keys: released configurations
    "llama2-7b": (32000, 4096, 32, 11008, 32, 32),
    "llama2-13b": (32000, 5120, 40, 13824, 40, 40),
    "llama2-70b": (32000, 8192, 80, 28672, 64, 8),
    "llama33-70b": (128256, 8192, 80, 28672, 64, 8),
    "olmo2-7b": (100352, 4096, 32, 11008, 32, 32),
    "smollm3-3b": (128256, 2048, 36, 11008, 16, 4),
}


def test_property_counts_are_measured_and_what_a_formula_makes_of_them_is_modelled():
    """Counts of others' runs are assumed: Strubell's, a press release's, a rumour's."""
    for name, run in RUNS.items():
        for count in set(COUNTS) & set(run.facts):
            assumed = name.startswith("strubell-") or (name, count) in SUPPOSED
            computed = (name, count) in PRODUCTS or (name in SHAPES and "parameters" in count)
            wanted = "assumed" if assumed else "modelled" if computed else "measured"
            assert run.fact(count).tier == wanted, (name, count)
        if "flops" in run.facts:
            assert run.fact("flops").tier == "modelled", name


@pytest.mark.parametrize(
    ("name", "gpu_alone"), [("olmo2-7b", True), ("olmo-20m", False), ("olmo-1b-3t", False)]
)
def test_oracle_water_of_the_olmo_rows_applies_the_pue_once(name, gpu_alone):
    """1.29 L/kWh of Texas's power stations (Morrison et al. 2025), to the digits printed."""
    run = RUNS[name]
    facility = run.fact("energy").p50 * (run.fact("pue").p50 if gpu_alone else 1)
    assert run.fact("water").p50 == pytest.approx(1.29 * facility, rel=0.04)
    [basis] = [row["basis"] for row in rows("published_runs.csv")
               if (row["run"], row["quantity"]) == (name, "water")]  # fmt: skip
    assert ("x PUE" in basis) == gpu_alone != run.scopes["energy"].startswith("facility")


def test_oracle_the_total_of_a_development_mixes_two_boundaries():
    """Tonnes and litres close if Iowa's 13B runs, 116 MWh of Table 1, lack their PUE and Texas's hold it."""
    total = RUNS["morrison-dev-total"]
    texas, iowa = total.fact("energy").p50 - 116, 116 * 1.12
    assert total.fact("carbon").p50 == pytest.approx(texas * 0.332 + iowa * 0.351, abs=1)
    assert total.fact("carbon").p50 != pytest.approx(total.fact("energy").p50 * 0.332, abs=5)
    assert total.fact("water").p50 == pytest.approx(texas * 1.29 + iowa * 3.10, abs=3)
    gpus = texas / total.fact("pue").p50 + 116
    assert (round(gpus), round(gpus * 1e6 / total.fact("device_hours").p50)) == (402, 591)
    assert total.scopes["energy"].startswith("two boundaries") and not total.energy_measured


def test_property_carbon_is_never_better_than_what_it_rests_on():
    for run in RUNS.values():
        for part in ("energy", "pue", "grid_intensity"):
            if {"carbon", part} <= set(run.facts):
                assert TIERS.index(run.fact("carbon").tier) >= TIERS.index(run.fact(part).tier), run.name


def test_property_what_rests_on_a_pue_is_no_better_than_it():
    """A device's energy times an assumed PUE is assumed, and so is the water that the energy costs."""
    for run in RUNS.values():
        for name in {"energy", "water"} & set(run.facts):
            if "pue" in run.facts and (name == "water" or run.scopes[name].startswith("facility")):
                assert TIERS.index(run.fact(name).tier) >= TIERS.index(run.fact("pue").tier), (run.name, name)


def test_property_thermal_design_power_is_the_chips_not_a_cap():
    for run in RUNS.values():
        if run.device and "tdp" in run.facts:
            assert run.fact("tdp").p50 == devices.find(run.device).tdp_watts, run.name


@pytest.mark.parametrize("name", [name for name in RUNS if name.startswith("p21-")])
def test_equivalence_patterson_rows_are_their_own_products(name):
    """Table 4, to the digits printed: hours × watts × PUE is the energy, times intensity the gross carbon."""
    run = RUNS[name]
    energy = (run.fact("device_hours") * run.fact("power") * run.fact("pue")).to("MWh").p50
    assert energy == pytest.approx(run.fact("energy").p50, rel=0.01)
    carbon = (run.fact("energy") * run.fact("grid_intensity")).to("tCO2e").p50
    assert carbon == pytest.approx(run.fact("carbon").p50, rel=0.01, abs=0.05)


def test_oracle_tpus_of_patterson_drew_half_to_three_quarters_of_their_tdp():
    """Table 4, 245 of 450 W (Switch Transformer) to 208 of 280 W (the search): no column is left out."""
    shares = {name: run.fact("power").p50 / run.fact("tdp").p50 for name, run in RUNS.items()
              if run.family == "patterson21" and run.device.startswith("TPU")}  # fmt: skip
    assert len(shares) == 5
    assert min(shares.values()) == shares["p21-switch"] == pytest.approx(245 / 450)
    assert max(shares.values()) == shares["p21-et-nas"] == pytest.approx(208 / 280)


@pytest.mark.parametrize(
    ("name", "layers", "width", "vocabulary"),
    [
        ("pythia-70m", 6, 512, 50304),
        ("pythia-160m", 12, 768, 50304),
        ("pythia-410m", 24, 1024, 50304),
        ("pythia-1b", 16, 2048, 50304),
        ("pythia-1.4b", 24, 2048, 50304),
        ("pythia-2.8b", 32, 2560, 50304),
        ("pythia-6.9b", 32, 4096, 50432),
        ("pythia-12b", 36, 5120, 50688),
    ],
)
def test_oracle_pythia_parameters_from_their_shapes(name, layers, width, vocabulary):
    """Twelve squares and thirteen vectors a block, a last norm, and two tables of the padded vocabulary."""
    block = 12 * width**2 + 13 * width
    assert RUNS[name].fact("parameters").p50 == layers * block + 2 * width + 2 * vocabulary * width


@pytest.mark.parametrize("name", SHAPES)
def test_oracle_gated_models_parameters_from_their_shapes(name):
    """Projections without bias, gates, gains of the norms, two tables or one; no rotary buffer is trained."""
    vocabulary, width, layers, inner, heads, of_keys = SHAPES[name]
    norms = 4 * width if name == "olmo2-7b" else 2 * width  # OLMo 2 also has norms over queries and keys
    block = 2 * width**2 + 2 * width * (width // heads) * of_keys + 3 * width * inner + norms
    tables = 1 if name == "smollm3-3b" else 2
    total = layers * block + width + tables * vocabulary * width
    for count in ("parameters", "active_parameters"):
        assert RUNS[name].fact(count).p50 == total
        assert count in RUNS[name].secondary  # no card prints it to the digit


def test_oracle_the_size_of_llama_3_2_vision_is_as_its_card_prints_it():
    for name, printed in {"llama32v-11b": 10.6e9, "llama32v-90b": 88.8e9}.items():
        assert RUNS[name].fact("parameters").p50 == RUNS[name].fact("active_parameters").p50 == printed
        assert not {"parameters", "active_parameters"} & RUNS[name].secondary


def test_oracle_strubells_and_pattersons_grids_count_co2_at_power_stations():
    """0.954 lb (EPA) and 0.429 kg (EIA): not the life cycle, which the packages' grams count."""
    grids = {row["run"]: row for row in rows("published_runs.csv") if row["quantity"] == "grid_intensity"}
    american = {name: row for name, row in grids.items() if row["scope"].startswith("US average")}
    assert len(american) == 5
    for row in american.values():
        assert row["basis"].startswith("CO2 at the power stations"), row
        pounds = 0.954 * 453.59237
        assert float(row["value"]) == pytest.approx(429 if row["run"] == "p21-gpt3" else pounds, abs=0.05)


def test_property_a_fact_of_another_paper_names_it():
    """Patterson et al. print no token count: GPT-3's is Brown et al.'s."""
    [source] = RUNS["p21-gpt3"].fact("tokens").sources
    assert source.startswith("Brown et al. 2020")


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
    with pytest.raises(ValueError, match="quantity is 'water': take one that p21-gpt3 prints, parameters"):
        published.find("p21-gpt3").fact("water")


def test_oracle_secondary_facts_are_those_that_the_file_does_not_call_primary():
    for name, run in RUNS.items():
        mine = [row for row in rows("published_runs.csv") if row["run"] == name]
        assert run.secondary == {row["quantity"] for row in mine if row["source_seen"] == "secondary"}
    assert not RUNS["p21-gpt3"].secondary and "power" in RUNS["strubell-transformer-base"].secondary


def test_oracle_what_a_run_is_good_for_is_the_letters_of_the_file():
    for row in rows("published_models.csv"):
        run = RUNS[row["run"]]
        assert (run.hours_fair, run.energy_measured) == ("T" in row["tests"], "E" in row["tests"])


def test_property_runs_can_be_keys():
    assert len(set(RUNS.values())) == len(RUNS)


@pytest.mark.parametrize("name", [None, "", 3])
def test_edge_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match=f"name is {name!r}: give a text that is not empty"):
        published.find(name)


def test_property_what_a_reader_does_to_a_run_changes_no_later_result():
    before = published.find("p21-gpt3")
    published.find("p21-gpt3").facts.pop("power")
    published.runs()["p21-gpt3"].facts.clear()
    published.runs()["p21-gpt3"].scopes["energy"] = "none"
    published.runs().clear()
    after = published.find("p21-gpt3")
    assert (after.facts, after.scopes) == (before.facts, before.scopes) and "power" in after.facts
