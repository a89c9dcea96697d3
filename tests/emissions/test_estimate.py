# mypy: disable-error-code="arg-type"
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from a2e.emissions import priors, published
from a2e.emissions.devices import find
from a2e.emissions.estimate import carbon, device_hours, facility_energy, flops, it_energy, run_energy
from a2e.emissions.quantity import N_SAMPLES, Quantity, exact, lognormal, uniform
from a2e.paths import DATA
from a2e.training.records import read_record
from hypothesis import given, settings
from hypothesis import strategies as st

GPT3 = published.find("p21-gpt3")
positive = st.floats(1e-3, 1e9)


def of(value, unit="", tier="measured"):
    return exact(value, unit, tier, "x", "a test")


def grams(low, high):
    """Both ends are among the samples, which those of a uniform input never reach."""
    samples = np.linspace(low, high, N_SAMPLES)
    return Quantity(samples, "gCO2e/kWh", "assumed", ("grid",), ("a test",))


def test_oracle_gpt3_energy_and_carbon_from_published_inputs():
    energy = facility_energy(it_energy(GPT3.fact("device_hours"), GPT3.fact("power")), GPT3.fact("pue"))
    assert energy.to("MWh").p50 == pytest.approx(1287, rel=0.01)
    tonnes = carbon(energy, GPT3.fact("grid_intensity"))
    assert tonnes.to("tCO2e").p50 == pytest.approx(552, rel=0.01)
    assert energy.tier == "modelled" and energy.worst_inputs == ("device_hours",)
    assert tonnes.tier == "assumed" and tonnes.worst_inputs == ("grid_intensity without a spread",)


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
@given(positive, positive, st.floats(1, 3), st.floats(1, 1999))
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


def test_property_a_run_s_energy_has_its_interval_its_tier_and_its_boundary():
    run = read_record(DATA / "runs" / "tiny-gpt.json")
    energy = run_energy(run)
    assert energy.to("kWh").p50 == pytest.approx(run.energy["kwh"], rel=1e-3)
    assert energy.to("kWh").p05 == pytest.approx(run.energy["kwh_p05"], rel=3e-3)
    assert energy.to("kWh").p95 == pytest.approx(run.energy["kwh_p95"], rel=3e-3)
    assert (energy.tier, energy.worst_inputs) == (run.energy["tier"], ("energy of tiny-gpt, processor only",))
    joules = energy.to("J")
    assert joules.p05 < 391 < 1713 < joules.p95


def test_edge_a_measured_energy_has_no_spread():
    run = read_record(DATA / "runs" / "tiny-gpt.json")
    ways = {"measured": 2e-4, "modelled": 1e-4, "assumed": 1e-4}
    ends = dict.fromkeys(("kwh", "kwh_p05", "kwh_p95"), 2e-4)
    measured = run.energy | ends | {"way": "measured", "tier": "measured", "by_way": ways}
    energy = run_energy(replace(run, energy=measured))
    assert (energy.spread, energy.p50, energy.tier) == (1, pytest.approx(2e-4), "measured")


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        ((0.1, 1.0, 2.0), "kwh is 1.0: give the middle of its log-normal interval, 0.4472"),
        ((0.99, 1.0, 1.02), "kwh is 1.0: give the middle of its log-normal interval, 1.005"),
        ((0.0, 1.0, 2.0), "kwh_p05 is 0.0: give one above 0, as the interval is taken for log-normal"),
        ((0.0, 0.0, 2.0), "kwh_p05 is 0.0: give one above 0"),
    ],
)
def test_edge_an_interval_around_something_else_is_refused(interval, message):
    run = read_record(DATA / "runs" / "tiny-gpt.json")
    low, middle, high = interval
    energy = {
        "kwh": middle,
        "kwh_p05": low,
        "kwh_p95": high,
        "by_way": run.energy["by_way"] | {"modelled": middle},
    }
    with pytest.raises(ValueError, match=message):
        run_energy(replace(run, energy=run.energy | energy))


def test_property_a_machine_at_home_is_given_no_building():
    energy = of(5, "kWh")
    assert facility_energy(energy, priors.no_building()).p50 == 5
    assert "no building counted" in str(facility_energy(energy, priors.no_building()))
    assert priors.no_building() is priors.no_building() and priors.pue().p50 > 1.2


def test_edge_electricity_bought_as_renewable_emits_nothing():
    assert carbon(of(1, "kWh"), of(0, "gCO2e/kWh")).p50 == 0


def test_equivalence_a_link_takes_its_arguments_by_name():
    energy, pue = of(1, "kWh"), of(1.2)
    assert facility_energy(pue=pue, energy=energy).p50 == facility_energy(energy, pue).p50


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: it_energy(of(-1, "h"), of(1, "W")), "hours is -1 h: give at least 0 h"),
        (
            lambda: it_energy(of(1, "kWh"), of(1, "W")),
            "hours is 1 kWh (energy): give time, such as exact(…, 'h'",
        ),
        (
            lambda: it_energy(of(1, "h"), of(1, "kWh")),
            "power is 1 kWh (energy): give power, such as exact(…, 'W'",
        ),
        (lambda: it_energy(of(1, "h"), power=of(1, "kWh")), "power is 1 kWh (energy): give power"),
        (lambda: it_energy(of(1, "h"), of(-5, "W")), "power is -5 W: give at least 0 W"),
        (lambda: it_energy(100, of(1, "W")), "hours is 100: give a Quantity"),
        (lambda: it_energy(of(1, "h"), None), "power is None: give a Quantity"),
        (lambda: facility_energy(of(1, "kW"), of(1.1)), "energy is 1 kW (power): give energy"),
        (lambda: facility_energy(of(1, "kWh"), of(0.9)), "pue is 0.9: give 1 to 4 as a ratio, not per cent"),
        (lambda: facility_energy(of(1, "kWh"), of(9.9)), "pue is 9.9: give 1 to 4 as a ratio"),
        (lambda: facility_energy(of(1, "kWh"), of(150)), "pue is 150: give 1 to 4 as a ratio, not per cent"),
        (lambda: facility_energy(of(1, "kWh"), 1.1), "pue is 1.1: give a Quantity"),
        (lambda: facility_energy(of(-1, "kWh"), of(1.1)), "energy is -1000 Wh: give at least 0 Wh"),
        (lambda: carbon(of(1, "kW"), of(1, "gCO2e/kWh")), "energy is 1 kW (power): give energy"),
        (
            lambda: carbon(of(1, "kWh"), of(1, "gCO2e")),
            "intensity is 1 gCO2e (carbon): give carbon intensity",
        ),
        (
            lambda: carbon(of(1, "kWh"), of(-1, "gCO2e/kWh")),
            "intensity is -1 gCO2e/kWh: give 1 to 2000 gCO2e/kWh",
        ),
        (
            lambda: carbon(of(1, "kWh"), of(0.4, "gCO2e/kWh")),
            "intensity is 0.4 gCO2e/kWh: give 1 to 2000 gCO2e/kWh (or 0): are these grams?",
        ),
        (
            lambda: carbon(of(1, "kWh"), of(400, "kgCO2e/kWh")),
            "intensity is 400000 gCO2e/kWh: give 1 to 2000",
        ),
        (lambda: carbon(of(1, "kWh"), grams(0, 100)), "give 1 to 2000 gCO2e/kWh (or 0): are these grams?"),
        (lambda: carbon(of(1, "kWh"), grams(-100, 0)), "give 1 to 2000 gCO2e/kWh (or 0): are these grams?"),
        (lambda: device_hours(of(1, "FLOP/s"), find("A100"), of(0.4)), "work is 1 FLOP/s (rate): give work"),
        (
            lambda: device_hours(of(-1, "FLOP"), find("A100"), of(0.4)),
            "work is -1 FLOP: give at least 0 FLOP",
        ),
        (
            lambda: device_hours(of(1, "FLOP"), find("A100"), of(40)),
            "utilisation is 40: give 1e-06 to 1 as a share",
        ),
        (
            lambda: device_hours(of(1, "FLOP"), find("A100"), of(0)),
            "utilisation is 0: give 1e-06 to 1 as a share",
        ),
        (lambda: device_hours(of(1, "FLOP"), "A100", of(0.4)), "device is 'A100': give a Device"),
        (lambda: flops(-1, 1, "x"), "parameters is -1: give a finite number above 0"),
        (lambda: flops(1, float("nan"), "x"), "tokens is nan: give a finite number above 0"),
        (lambda: flops(1, 1), "sources is (): say where 6 N D comes from"),
    ],
)
def test_edge_bad_input_is_refused_with_a_sentence(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_equivalence_flops_are_those_of_scale():
    from a2e.scale.flops import training_flops

    assert flops(175e9, 3e11, "x").p50 == training_flops(175e9, 3e11)
