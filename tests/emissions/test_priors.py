import math

import numpy as np
import pytest
from a2e.emissions import calibration, priors
from a2e.emissions.devices import find
from a2e.emissions.estimate import device_hours, flops
from a2e.emissions.priors import MFU, POWER, Case, covariance, mfu_cases, power_cases, predict, without
from scipy import stats

UNSEEN = ("patterson21", "gpt3")


def test_oracle_prediction_is_gaussian_conditioning():
    """The conditional density times the marginal of what was seen is the joint density, as scipy has it."""
    seen, new = list(mfu_cases()), Case("Volta", "", (0.0, 0.0))
    mean, sd = predict(seen, new, MFU)
    both = [*seen, Case("Volta", "", (0.0, 0.0), math.log(0.2))]
    level = np.full(len(both), MFU.level)
    joint = covariance(both, both, MFU) + MFU.run**2 * np.eye(len(both))
    logs = np.array([case.log for case in both])
    expected = stats.multivariate_normal(level, joint).logpdf(logs) - stats.multivariate_normal(
        level[:-1], joint[:-1, :-1]
    ).logpdf(logs[:-1])
    assert stats.norm(mean, sd).logpdf(math.log(0.2)) == pytest.approx(expected, rel=1e-6)


def test_oracle_utilisation_quantiles_match_scipy():
    mean, sd = predict(without(mfu_cases(), UNSEEN), Case("Volta", "", (0.0, 0.0)), MFU)
    mfu = priors.utilisation(find("V100"), 175e9, exclude=UNSEEN)
    for share in (0.05, 0.5, 0.95):
        assert mfu.quantile(share) == pytest.approx(
            stats.lognorm(s=sd, scale=math.exp(mean)).ppf(share), rel=0.01
        )


def test_oracle_mfu_of_a_published_row_by_hand():
    [case] = [case for case in mfu_cases() if case.run == "llama2-70b"]
    assert math.exp(case.log) == pytest.approx(6 * 68976653312 * 2e12 / (1720320 * 3600 * 312e12))


def test_oracle_power_over_tdp_of_published_rows_by_hand():
    ratios = {case.run: math.exp(case.log) for case in power_cases()}
    assert ratios["p21-gpt3"] == pytest.approx(330 / 300)
    assert ratios["mlperf40-gpt3-512h100"] == pytest.approx(856 / 700)
    assert ratios["morrison-dev-total"] == pytest.approx(459e6 / 680_000 / 1.2 / 700)


def test_property_only_rows_marked_t_and_e_are_used():
    assert len(mfu_cases()) == 24 and len(power_cases()) == 8
    assert not {"opt-175b", "glm-130b", "llama33-70b"} & {case.run for case in mfu_cases()}


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
    one = [Case("Ampere", "f", (0.0, 0.0), -1.0) for _ in range(6)]
    many = [Case("Ampere", f"f{i}", (0.0, 0.0), -1.0) for i in range(6)]
    new = Case("Ampere", "", (0.0, 0.0))
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


def test_property_families_held_out_are_mostly_inside_and_errors_moderate():
    hours = calibration.hours(calibration.leave_family_out(mfu_cases(), MFU))
    assert calibration.median_error(hours) < 0.22
    assert calibration.coverage(hours) >= 0.85
    power = calibration.leave_family_out(power_cases(), POWER)
    assert calibration.coverage(power) >= 0.85


def test_property_held_out_family_is_not_seen():
    lonely = [Case("Ampere", "f", (0.0, 0.0), -1.0, "f", f"r{i}") for i in range(5)]
    for prediction in calibration.leave_family_out(lonely, MFU):
        assert prediction.spread == pytest.approx(
            math.exp(2 * 1.6449 * predict([], lonely[0], MFU)[1]), rel=1e-3
        )


def test_edge_report_says_hits_and_misses():
    text = calibration.report("hours", calibration.leave_family_out(mfu_cases(), MFU))
    assert "24 runs of 10 families" in text and "hit" in text and "miss" in text


@pytest.mark.parametrize("function", [lambda e: priors.power(find("V100"), e), priors.pue])
def test_edge_unknown_family_is_refused(function):
    with pytest.raises(ValueError, match="exclude='gpt5' is no family"):
        function(("gpt5",))


@pytest.mark.parametrize("parameters", [0, -1, float("nan")])
def test_edge_no_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match="parameters="):
        priors.utilisation(find("V100"), parameters)


def test_edge_power_of_a_device_without_tdp_is_refused():
    with pytest.raises(ValueError, match="TPUv4 has no published tdp"):
        priors.power(find("TPUv4"))
