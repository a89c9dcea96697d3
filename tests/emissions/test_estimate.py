import subprocess
import sys

import pytest
from a2e.emissions import devices, estimate, grid, meter, priors, published
from a2e.emissions.devices import find
from a2e.emissions.estimate import carbon, device_hours, facility_energy, flops, it_energy
from a2e.emissions.quantity import exact, lognormal, uniform
from hypothesis import given, settings
from hypothesis import strategies as st

GPT3 = published.find("p21-gpt3")
positive = st.floats(1e-3, 1e9)


def of(value, unit="", tier="measured"):
    return exact(value, unit, tier, "x", "a test")


def test_oracle_gpt3_energy_and_carbon_from_published_inputs():
    energy = facility_energy(it_energy(GPT3.fact("device_hours"), GPT3.fact("power")), GPT3.fact("pue"))
    assert energy.to("MWh").p50 == pytest.approx(1287, rel=0.01)
    tonnes = carbon(energy, GPT3.fact("grid_intensity"))
    assert tonnes.to("tCO2e").p50 == pytest.approx(552, rel=0.01)
    assert energy.tier == "modelled" and energy.worst_inputs == ("device_hours",)
    assert tonnes.tier == "assumed" and tonnes.worst_inputs == ("grid_intensity",)


def test_oracle_gpt3_hours_from_its_printed_rate():
    rate = GPT3.fact("rate") / find("V100").peak
    hours = device_hours(GPT3.fact("flops"), find("V100"), rate)
    assert hours.p50 == pytest.approx(GPT3.fact("device_hours").p50, rel=0.01)


@pytest.mark.parametrize(
    "name", ["p21-t5", "p21-meena", "p21-gshard", "p21-et-nas", "llama1-65b", "openba-15b"]
)
def test_oracle_other_printed_rows(name):
    run = published.find(name)
    energy = facility_energy(it_energy(run.fact("device_hours"), run.fact("power")), run.fact("pue"))
    assert energy.p50 == pytest.approx(run.fact("energy").p50, rel=0.012)
    tonnes = carbon(energy, run.fact("grid_intensity"))
    assert tonnes.to("tCO2e").p50 == pytest.approx(run.fact("carbon").p50, rel=0.012)


@settings(deadline=None)
@given(positive, positive, st.floats(1, 3), st.floats(1, 2000))
def test_oracle_closed_form(hours, watts, pue, grams):
    energy = it_energy(of(hours, "h"), of(watts, "W"))
    assert energy.to("kWh").p50 == pytest.approx(hours * watts / 1000)
    building = facility_energy(energy, of(pue))
    assert building.to("kWh").p50 == pytest.approx(hours * watts / 1000 * pue)
    assert carbon(building, of(grams, "gCO2e/kWh")).to("gCO2e").p50 == pytest.approx(
        hours * watts / 1000 * pue * grams
    )


@settings(deadline=None)
@given(st.floats(1e18, 1e26), st.floats(0.01, 1))
def test_oracle_hours_closed_form(work, mfu):
    hours = device_hours(of(work, "FLOP"), find("A100"), of(mfu))
    assert hours.unit == "h" and hours.p50 == pytest.approx(work / (312e12 * mfu) / 3600)


def test_equivalence_watts_and_kilowatts_hours_and_seconds():
    one = it_energy(of(2, "h"), of(330, "W"))
    other = it_energy(of(7200, "s"), of(0.33, "kW"))
    assert one.to("J").p50 == pytest.approx(other.to("J").p50)


def test_property_pue_one_changes_nothing_and_pue_enters_once():
    energy = of(5, "MWh")
    assert facility_energy(energy, of(1.0)).p50 == 5
    assert facility_energy(energy, of(1.2)).p50 == pytest.approx(6)


def test_property_interval_tier_and_sources_survive_the_chain():
    mfu = lognormal(0.2, 0.4, "", "assumed", "MFU", "one")
    hours = device_hours(flops(1e9, 2e10, "two"), find("A100"), mfu)
    energy = facility_energy(
        it_energy(hours, of(400, "W")), uniform(1.1, 1.2, "", "modelled", "PUE", "three")
    )
    assert hours.spread == pytest.approx(2, rel=1e-3)
    assert (
        energy.spread == pytest.approx(2, rel=0.02)
        and energy.worst_inputs == ("MFU",)
        and len(energy.sources) == 5
    )


def test_property_scaled_models_cost_proportionally():
    assert flops(2e9, 3e10, "x").p50 == 6 * flops(1e9, 1e10, "x").p50


def test_edge_no_hours_no_energy():
    assert it_energy(of(0, "h"), of(330, "W")).p50 == 0


def test_edge_importing_estimate_loads_neither_torch_nor_codecarbon():
    code = (
        "import sys, a2e.emissions.estimate, a2e.emissions.priors, a2e.emissions.grid, a2e.emissions.meter; "
        "heavy = {'torch', 'codecarbon', 'ecologits', 'pint', 'pandas'}; print(heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: it_energy(of(-1, "h"), of(1, "W")), "hours=-1 h must be at least 0"),
        (lambda: it_energy(of(1, "kWh"), of(1, "W")), "hours=1 kWh measures energy, not time"),
        (lambda: it_energy(of(1, "h"), of(1, "kWh")), "power=1 kWh measures energy, not power"),
        (lambda: it_energy(of(1, "h"), of(-5, "W")), "power=-5 W must be at least 0"),
        (lambda: estimate._check("hours", 100, "h"), "hours=100 has no unit"),
        (lambda: estimate._check("power", 330, "W"), "power=330 has no unit"),
        (lambda: facility_energy(of(1, "kW"), of(1.1)), "energy=1 kW measures power, not energy"),
        (lambda: facility_energy(of(1, "kWh"), of(0.9)), "pue=0.9 must be at least 1"),
        (lambda: estimate._check("pue", 1.1, ""), "pue=1.1 has no unit"),
        (lambda: facility_energy(of(-1, "kWh"), of(1.1)), "energy=-1 Wh|energy=-1000 Wh"),
        (lambda: carbon(of(1, "kW"), of(1, "gCO2e/kWh")), "energy=1 kW measures power"),
        (
            lambda: carbon(of(1, "kWh"), of(1, "gCO2e")),
            "intensity=1 gCO2e measures carbon, not carbon intensity",
        ),
        (lambda: carbon(of(1, "kWh"), of(-1, "gCO2e/kWh")), "intensity=-1"),
        (
            lambda: device_hours(of(1, "FLOP/s"), find("A100"), of(0.4)),
            "work=1 FLOP/s measures rate, not work",
        ),
        (lambda: device_hours(of(-1, "FLOP"), find("A100"), of(0.4)), "work=-1 FLOP"),
        (lambda: device_hours(of(1, "FLOP"), find("A100"), of(40)), "utilisation=40 is above 1"),
        (lambda: device_hours(of(1, "FLOP"), find("A100"), of(0)), "utilisation=0 must be above 0"),
        (lambda: flops(-1, 1, "x"), "parameters=-1"),
        (lambda: flops(1, float("nan"), "x"), "tokens=nan"),
        (lambda: flops(1, 1), "say where"),
    ],
)
def test_edge_bad_input_is_refused_with_a_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_equivalence_flops_are_those_of_scale():
    from a2e.scale.flops import training_flops

    assert flops(175e9, 3e11, "x").p50 == training_flops(175e9, 3e11)


def test_edge_what_a_reader_may_get_wrong_is_refused_in_one_sentence():
    energy = exact(1.0, "kWh", "measured", "energy", "a test")
    with pytest.raises(ValueError, match="pue=150 is above 10: give a ratio, not per cent"):
        estimate.facility_energy(energy, exact(150.0, "", "assumed", "PUE", "a test"))
    with pytest.raises(ValueError, match="threads=-3 must be at least 1"):
        meter.three_ways(1.0, 1.0, threads=-3)
    with pytest.raises(ValueError, match="there are "):
        published.find("qqqqqqqq")
    with pytest.raises(ValueError, match="source='iea' is unknown: take one of ecologits, codecarbon"):
        grid.source_line("iea")
    with pytest.raises(ValueError, match="place=None is no name"):
        grid.code(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="device=3 is no name"):
        devices.find(3)  # type: ignore[arg-type]
    every = [run.family for run in published.runs().values()]
    with pytest.raises(ValueError, match="leaves no run that prints a PUE"):
        priors.pue(exclude=every)
