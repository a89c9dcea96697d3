# mypy: disable-error-code="arg-type"
import math
from dataclasses import replace

import numpy as np
import pytest
from a2e.emissions import calibration, priors, published
from a2e.emissions.devices import find
from a2e.emissions.estimate import device_hours, flops
from a2e.emissions.priors import (
    MFU,
    POWER,
    Case,
    MfuEffects,
    PowerEffects,
    Scales,
    covariance,
    mfu_cases,
    power_cases,
    predict,
    without,
)
from scipy import stats

UNSEEN = ("patterson21", "gpt3")


def test_oracle_prediction_is_gaussian_conditioning():
    """The conditional density times the marginal of what was seen is the joint density, as scipy has it."""
    seen, new = list(mfu_cases()), Case("Volta", "", MfuEffects())
    mean, sd = predict(seen, new, MFU)
    both = [*seen, Case("Volta", "", MfuEffects(), math.log(0.2))]
    level = np.full(len(both), MFU.level)
    joint = covariance(both, both, MFU) + MFU.run**2 * np.eye(len(both))
    logs = np.array([case.log for case in both])
    expected = stats.multivariate_normal(level, joint).logpdf(logs) - stats.multivariate_normal(
        level[:-1], joint[:-1, :-1]
    ).logpdf(logs[:-1])
    assert stats.norm(mean, sd).logpdf(math.log(0.2)) == pytest.approx(expected, rel=1e-6)


def test_oracle_utilisation_quantiles_match_scipy():
    mean, sd = predict(without(mfu_cases(), UNSEEN), Case("Volta", "", MfuEffects()), MFU)
    mfu = priors.utilisation(find("V100"), 175e9, exclude=UNSEEN)
    for share in (0.05, 0.5, 0.95):
        assert mfu.quantile(share) == pytest.approx(
            stats.lognorm(s=sd, scale=math.exp(mean)).ppf(share), rel=0.01
        )


def test_oracle_mfu_of_a_published_row_by_hand():
    [case] = [case for case in mfu_cases() if case.run == "llama2-70b"]
    assert math.exp(case.log) == pytest.approx(6 * 68976648192 * 2e12 / (1720320 * 3600 * 312e12))


def test_oracle_power_over_tdp_of_published_rows_by_hand():
    ratios = {case.run: math.exp(case.log) for case in power_cases()}
    assert ratios["p21-gpt3"] == pytest.approx(330 / 300)
    assert ratios["mlperf40-gpt3-512h100"] == pytest.approx(856 / 700)
    assert ratios["p21-switch"] == pytest.approx(245 / 450)


def test_oracle_covariance_by_hand():
    """What two cases share, each part squared: the level, an effect of both, generation, family."""
    scales = Scales(level=0.0, level_sd=0.5, effect=0.3, generation=0.2, family=0.1, run=7.0)
    a = Case("Ampere", "f", MfuEffects(small=-2.0, mixture=1.0))
    others = [Case("Hopper", "g", MfuEffects()), Case("Hopper", "g", MfuEffects(small=-1.0)),
              Case("Ampere", "g", MfuEffects(mixture=1.0)), Case("Hopper", "f", MfuEffects())]  # fmt: skip
    expected = [0.25, 0.25 + 0.09 * 2, 0.25 + 0.09 + 0.04, 0.25 + 0.01]
    assert covariance([a], others, scales)[0] == pytest.approx(expected)


def test_property_only_rows_that_can_say_something_are_used():
    runs = published.runs().values()
    assert {case.run for case in mfu_cases()} == {run.name for run in runs if run.hours_fair}
    assert {case.run for case in power_cases()} == {run.name for run in runs if run.energy_measured}
    assert not {"opt-175b", "glm-130b", "llama33-70b"} & {case.run for case in mfu_cases()}


def test_property_effects_are_named_and_those_of_the_rows():
    mixtures = {case.run for case in mfu_cases() if case.effects.mixture}  # type: ignore[attr-defined]
    assert mixtures == {
        run.name for run in published.runs().values() if run.hours_fair and "MoE" in run.architecture
    }
    tpus = {case.run for case in power_cases() if case.effects.tpu}  # type: ignore[attr-defined]
    assert tpus and all(find(published.find(name).device).kind == "TPU" for name in tpus)
    assert PowerEffects(tpu=1.0) == (1.0,) and MfuEffects(mixture=1.0) == (0.0, 1.0)


def test_property_power_is_learned_from_metered_runs_only():
    """A total over a development is no run; a prior of other runs, a cap or a TDP is no meter."""
    runs = [published.find(case.run) for case in power_cases()]
    assert all(run.fact("power").tier == "measured" and not run.circular for run in runs)
    assert "morrison-dev-total" not in {run.name for run in runs}
    metered = {run.name for run in published.runs().values()
               if "power" in run.facts and run.fact("power").tier == "measured"}  # fmt: skip
    assert {run.name for run in runs} == metered


def test_property_a_tpu_is_expected_to_draw_less_of_its_tdp_than_a_gpu():
    """The published TPUs drew 0.54 to 0.74 of theirs, a GPU with its share of the server more than all."""
    tpu, gpu = (priors.power(find(name)) / find(name).tdp for name in ("TPUv2", "A100"))
    assert tpu.p50 < 0.8 < gpu.p50
    as_gpu = replace(find("TPUv2"), kind="GPU")
    assert (priors.power(as_gpu) / find("TPUv2").tdp).p50 > 1.05 * tpu.p50


def test_property_two_runs_are_two_inputs():
    first, second = (priors.utilisation(find("V100"), 175e9) for _ in range(2))
    assert abs(np.corrcoef(first.samples, second.samples)[0, 1]) < 0.05
    assert (priors.pue() / priors.pue()).spread > 1.2


def test_property_no_row_about_gpt3_is_seen():
    for cases in (mfu_cases(), power_cases()):
        names = {(case.run, case.family) for case in without(cases, UNSEEN)}
        assert not {family for _, family in names} & {"patterson21"}
        assert not [run for run, _ in names if "gpt3" in run]


def test_property_excluded_rows_change_nothing(monkeypatch):
    before = priors.power(find("V100"), exclude=UNSEEN).p50
    cases = tuple(
        Case(c.generation, c.family, c.effects, c.log + math.log(2), c.lineage, c.run, c.source)
        if c.family == "patterson21" or c.lineage == "gpt3" else c
        for c in power_cases()
    )  # fmt: skip
    monkeypatch.setattr(priors, "power_cases", lambda: cases)
    assert priors.power(find("V100"), exclude=UNSEEN).p50 == before
    assert priors.power(find("V100")).p50 > before


def test_property_gpt3_hours_interval_is_at_most_threefold():
    hours = device_hours(
        flops(175e9, 3e11, "x"), find("V100"), priors.utilisation(find("V100"), 175e9, exclude=UNSEEN)
    )
    assert 1 < hours.spread <= 3


def test_property_unseen_generation_is_less_certain_than_a_seen_one():
    spreads = {name: priors.utilisation(find(name), 7e9).spread for name in ("A100", "H100", "V100", "B200")}
    assert spreads["A100"] < spreads["H100"] < spreads["V100"] == pytest.approx(spreads["B200"])


def test_property_more_rows_of_one_family_say_less_than_as_many_families():
    one = [Case("Ampere", "f", MfuEffects(), -1.0) for _ in range(6)]
    many = [Case("Ampere", f"f{i}", MfuEffects(), -1.0) for i in range(6)]
    new = Case("Ampere", "", MfuEffects())
    assert predict(one, new, MFU)[1] > predict(many, new, MFU)[1]


def test_property_small_models_and_mixtures_sit_low():
    big = priors.utilisation(find("A100"), 7e9).p50
    assert priors.utilisation(find("A100"), 7e7).p50 < big
    assert priors.utilisation(find("A100"), 7e9, mixture=True).p50 < big


@pytest.mark.parametrize("name", ["V100", "A100", "H100", "TPUv3", "MI300X"])
def test_property_no_sample_beats_the_best_matrix_product(name):
    assert 0 < priors.utilisation(find(name), 175e9).samples.max() <= 0.87


def test_property_pue_stays_between_published_ends():
    pue = priors.pue()
    assert 1.08 <= pue.samples.min() < pue.samples.max() <= 1.58


def test_property_a_pue_of_an_excluded_lineage_is_not_seen():
    """Of the runs with a PUE only p21-gpt3 is left: it is seen, unless its lineage is excluded."""
    others = tuple(
        run.name for run in published.runs().values() if "pue" in run.facts and run.lineage != "gpt3"
    )
    assert priors.pue(others).p50 == 1.10
    with pytest.raises(ValueError, match="leave at least one run that prints a PUE"):
        priors.pue((*others, "gpt3"))


def test_property_families_held_out_are_mostly_inside_and_errors_moderate():
    hours = calibration.hours(calibration.leave_family_out(mfu_cases(), MFU))
    assert calibration.median_error(hours) < 0.22
    assert calibration.coverage(hours) >= 0.85
    power = calibration.leave_family_out(power_cases(), POWER)
    assert calibration.coverage(power) >= 0.85


def test_property_held_out_family_is_not_seen():
    lonely = [Case("Ampere", "f", MfuEffects(), -1.0, "f", f"r{i}") for i in range(5)]
    for prediction in calibration.leave_family_out(lonely, MFU):
        assert prediction.spread == pytest.approx(
            math.exp(2 * 1.6449 * predict([], lonely[0], MFU)[1]), rel=1e-3
        )


def test_edge_report_says_hits_and_misses():
    text = calibration.report("hours", calibration.leave_family_out(mfu_cases(), MFU))
    assert "23 runs of 9 families" in text and "hit" in text and "miss" in text


@pytest.mark.parametrize(("families", "lineages"), [("ab", "mm"), ("aa", "mn"), ("aa", "mm")])
def test_property_no_run_of_the_same_family_or_lineage_is_seen(families, lineages):
    """One model that two families trained, two models of one family: the one says nothing about the other."""
    pairs = zip(families, lineages, strict=True)
    twin, other = (Case("Ampere", family, MfuEffects(), -1.0, line, family) for family, line in pairs)
    far = Case("Volta", "c", MfuEffects(mixture=1.0), -0.2, "far", "c")
    for prediction in calibration.leave_family_out([twin, other, far], MFU)[:2]:
        mean, sd = predict([far], replace(twin, family=""), MFU)
        assert prediction.ratio == pytest.approx(math.exp(mean + 1.0))
        assert math.log(prediction.spread) == pytest.approx(2 * 1.6449 * sd, rel=1e-3)


def test_property_hours_fall_as_mfu_rises():
    mfu = calibration.leave_family_out(mfu_cases(), MFU)
    for one, other in zip(mfu, calibration.hours(mfu), strict=True):
        assert one.ratio * other.ratio == pytest.approx(1)
        assert (one.run, one.covered, one.spread) == (other.run, other.covered, other.spread)


@pytest.mark.parametrize("function", [lambda e: priors.power(find("V100"), e), priors.pue,
                                      lambda e: priors.utilisation(find("T4"), 1e9, exclude=e)])  # fmt: skip
@pytest.mark.parametrize(
    ("exclude", "message"),
    [
        (("gpt5",), "exclude is 'gpt5': give families, lineages or runs"),
        ("opt", "exclude is 'opt': give a list"),
    ],
)
def test_edge_unknown_family_is_refused(function, exclude, message):
    with pytest.raises(ValueError, match=message):
        function(exclude)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: priors.utilisation(find("V100"), 0), "parameters is 0: give a finite number above 0"),
        (
            lambda: priors.utilisation(find("V100"), math.nan),
            "parameters is nan: give a finite number above 0",
        ),
        (
            lambda: priors.utilisation(find("V100"), math.inf),
            "parameters is inf: give a finite number above 0",
        ),
        (
            lambda: priors.utilisation(find("V100"), 1e-300),
            "parameters is 1e-300: give a count of at least 1",
        ),
        (lambda: priors.utilisation(find("V100"), 7e9, mixture=5), "mixture is 5: give True or False"),
        (lambda: Case("a", "b", (0.0,), log=math.nan), "log is nan: give a finite number"),
        (lambda: replace(MFU, level_sd=-1.0), "level_sd is -1.0: give a finite number of at least 0"),
        (lambda: calibration.leave_family_out([], MFU), r"cases is \[\]: give at least one run"),
        (lambda: calibration.coverage([]), r"predictions is \[\]: give at least one run"),
        (lambda: calibration.report("hours", []), r"predictions is \[\]: give at least one run"),
        (
            lambda: predict([Case("a", "b", (0.0,))], Case("a", "b", MfuEffects()), MFU),
            "effects is of {1, 2} numb",
        ),
        (lambda: priors.power(find("TPUv4")), "quantity is 'tdp': give a measured value, as none of TPUv4"),
    ],
)
def test_edge_bad_input_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_edge_a_pue_of_no_run_at_all_is_refused():
    every = sorted({run.family for run in published.runs().values()})
    with pytest.raises(ValueError, match="leave at least one run that prints a PUE"):
        priors.pue(exclude=every)


@pytest.mark.parametrize(
    ("name", "reached", "peak"), [("MI300X", 668, 1307.4), ("A100", 271, 312), ("V100", 271, 312)]
)
def test_oracle_the_tail_is_cut_at_what_that_chip_reached_or_else_an_a100(name, reached, peak):
    assert priors.utilisation(find(name), 1e12).samples.max() == pytest.approx(reached / peak)
