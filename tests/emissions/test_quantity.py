import subprocess
import sys
from collections import Counter
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pint
import pytest
from a2e.emissions import draws
from a2e.emissions.quantity import N_SAMPLES, Quantity, exact, lognormal, uniform
from a2e.emissions.units import number
from a2e.tiers import TIERS
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

positive = st.floats(1e-6, 1e9)


UNITS = ("W", "L", "USD", "%", "kW", "h", "s", "kWh", "MWh", "J", "FLOP", "TFLOP/s", "d", "m**3")


def of(value, unit="W", tier="measured", name="x", source="a test"):
    return exact(value, unit, tier, name, source)


@cache
def fresh_pint():
    """Pint's own registry with the two kinds that pint lacks: it shares no definition with ours."""
    registry: Any = pint.UnitRegistry()
    registry.define("FLOP = [work_done]")
    registry.define("USD = [money]")
    return registry


@settings(deadline=None)
@given(positive, st.sampled_from(UNITS), positive, st.sampled_from(UNITS))
def test_oracle_products_and_quotients_match_pint(a, left, b, right):
    registry = fresh_pint()
    x, y = registry.Quantity(a, left), registry.Quantity(b, right)
    for ours, theirs in ((of(a, left) * of(b, right), x * y), (of(a, left) / of(b, right), x / y)):
        same = registry.Quantity(ours.p50, ours.unit.replace("m3", "m**3")).to(theirs.units)
        assert same.magnitude == pytest.approx(theirs.magnitude)


@settings(deadline=None)
@given(positive, st.sampled_from(["Wh", "kWh", "MWh"]), positive, st.sampled_from(["J", "MJ", "kWh"]))
def test_oracle_sums_and_differences_match_pint(a, left, b, right):
    registry = fresh_pint()
    x, y = registry.Quantity(a, left), registry.Quantity(b, right)
    assert (of(a, left) + of(b, right)).p50 == pytest.approx((x + y).magnitude)
    assert (of(a, left) - of(b, right)).p50 == pytest.approx((x - y).magnitude, abs=1e-9 * (a + b))


@pytest.mark.parametrize("share", [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
def test_oracle_lognormal_matches_scipy(share):
    sd = np.log(8 / 2) / (2 * stats.norm.ppf(0.95))
    expected = stats.lognorm(s=sd, scale=4.0).ppf(share)
    assert lognormal(2, 8, "W", "assumed", "x", "a test").quantile(share) == pytest.approx(expected, rel=0.01)


def test_oracle_the_95th_percentile_of_a_normal_is_scipys():
    assert pytest.approx(stats.norm.ppf(0.95), rel=1e-12) == draws.Z95


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_oracle_uniform_matches_scipy(share):
    expected = stats.uniform(3, 4).ppf(share)
    assert uniform(3, 7, "W", "assumed", "x", "a test").quantile(share) == pytest.approx(expected, rel=1e-3)


def test_oracle_product_of_lognormals_is_lognormal():
    a, b = (lognormal(1, 2, "", "assumed", name, "a test") for name in "ab")
    spread = np.exp(np.sqrt(2) * np.log(2))
    assert (a * b).spread == pytest.approx(spread, rel=0.06)  # 4 standard errors


def test_property_one_input_used_twice_stays_one_input():
    x = uniform(1, 9, "kWh", "assumed", "x", "a test")
    assert (x - x).samples.tolist() == [0.0] * N_SAMPLES
    assert (x / x).spread == pytest.approx(1)


@pytest.mark.parametrize("make", [uniform, lognormal])
@pytest.mark.parametrize("names", [("MFU", "MFU"), ("MFU", "PUE"), ("plumless", "buckeroo")])
def test_property_two_inputs_are_independent_whatever_their_names(make, names):
    """plumless and buckeroo have one CRC-32."""
    x, y = (make(1, 9, "", "assumed", name, "a test") for name in names)
    assert abs(np.corrcoef(x.samples, y.samples)[0, 1]) < 0.08  # 5 standard errors
    alone = np.exp(np.sqrt(2) * np.log(9))
    assert make is uniform or (x / y).spread == pytest.approx(alone, rel=0.15)


def drawn(code):
    code = f"from a2e.emissions.quantity import uniform as u; {code}; print(x.samples[:3].tolist())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_property_draws_repeat_in_each_process_and_unrelated_inputs_do_not_move_them():
    second = "u(0, 1, '', 'assumed', 'x', 's'); {} x = u(0, 1, '', 'assumed', 'x', 's')"
    alone, beside = (drawn(second.format(more)) for more in ("", "y = u(0, 1, '', 'assumed', 'y', 's');"))
    assert alone == beside != drawn("x = u(0, 1, '', 'assumed', 'x', 's')")


@pytest.mark.parametrize(
    "refused",
    [
        "u(1, 2, 'bogus', 'assumed', 'x', 's')", "u(1, 2, '', 'guessed', 'x', 's')",
        "u(1, 2, '', 'assumed', 'x')", "u(2, 1, '', 'assumed', 'x', 's')",
        "u(-1e308, 1e308, '', 'assumed', 'x', 's')", "l(1, 2, 'bogus', 'assumed', 'x', 's')",
        "l(1, 1e308, '', 'assumed', 'x', 's')", "l(0, 1, '', 'assumed', 'x', 's')",
    ],
)  # fmt: skip
def test_edge_an_input_that_is_refused_moves_no_later_one(refused, monkeypatch):
    monkeypatch.setattr(draws, "_made", Counter())
    first = uniform(0, 1, "", "assumed", "x", "s").samples.tolist()
    draws._made.clear()
    with np.errstate(over="ignore"), pytest.raises(ValueError):
        eval(refused, {"u": uniform, "l": lognormal})
    assert uniform(0, 1, "", "assumed", "x", "s").samples.tolist() == first


def test_property_samples_are_a_copy_that_cannot_be_written_to():
    given = np.array([1.0])
    x = Quantity(given, "W", "measured", ("x",), ("a test",))
    given[0] = float("nan")
    assert x.p50 == 1.0
    with pytest.raises(ValueError, match="read-only"):
        x.samples[0] = float("nan")


@settings(deadline=None)
@given(st.lists(st.sampled_from(TIERS), min_size=2, max_size=5))
def test_property_tier_is_that_of_the_worst_input_which_it_names(tiers):
    parts = [
        Quantity(np.array([2.0]), "", tier, (f"input {i}",), (f"source {i}",)) for i, tier in enumerate(tiers)
    ]
    result = parts[0]
    for part in parts[1:]:
        result = result * part
    worst = max(tiers, key=TIERS.index)
    assert result.tier == worst
    assert result.worst_inputs == tuple(f"input {i}" for i, tier in enumerate(tiers) if tier == worst)
    assert len(result.sources) == len(tiers)


@settings(deadline=None)
@given(positive, st.sampled_from(["Wh", "kWh", "MWh", "J"]), st.sampled_from(["Wh", "kWh", "MWh", "J"]))
def test_property_there_and_back_again(value, unit, other):
    assert of(value, unit).to(other).to(unit).p50 == pytest.approx(value)


X = uniform(1.25, 1.75, "", "modelled", "x", "one", "two")


@pytest.mark.parametrize(
    ("result", "samples"),
    [
        (X * 1, X.samples), (1 * X, X.samples), (X / 1, X.samples), (X + 0, X.samples), (0 + X, X.samples),
        (X - 0, X.samples), (-X, -X.samples), (X * -1, -X.samples), (-1 * X, -X.samples),
        (X / -1, -X.samples), (0 - X, -X.samples), (1 / X, 1 / X.samples), (1 - X, 1 - X.samples),
        (X - 1, X.samples - 1), (sum([X, X]), 2 * X.samples), (X * Fraction(1), X.samples),
        (X / Fraction(-1), -X.samples), (X**1, X.samples), (X**3, X.samples**3), (abs(-X), X.samples),
    ],
)  # fmt: skip
def test_property_what_says_nothing_new_keeps_tier_inputs_and_sources(result, samples):
    assert result.samples == pytest.approx(samples)
    assert (result.tier, result.worst_inputs, result.sources) == ("modelled", ("x",), ("one", "two"))


@pytest.mark.parametrize(
    ("result", "samples"),
    [
        (X * 1.5, X.samples * 1.5), (1.5 * X, X.samples * 1.5), (X / 1.5, X.samples / 1.5),
        (1.5 / X, 1.5 / X.samples), (X + 1.5, X.samples + 1.5), (1.5 + X, X.samples + 1.5),
        (X - 1.5, X.samples - 1.5), (1.5 - X, 1.5 - X.samples), (np.float64(1.5) * X, X.samples * 1.5),
    ],
)  # fmt: skip
def test_property_a_bare_number_is_named_and_assumed(result, samples):
    assert result.samples == pytest.approx(samples)
    assert (result.tier, result.worst_inputs) == ("assumed", ("the number 1.5",))
    assert result.sources == ("one", "two", "a bare number in the code") or result.sources[0].startswith(
        "a b"
    )


@pytest.mark.parametrize(("result", "name"), [(X - (-1), "-1"), (X + 1, "1"), (X + (-1), "-1")])
def test_property_adding_one_is_no_complement_and_so_assumed(result, name):
    """1 - q and q - 1 are what is left of a whole; q - (-1) and q + 1 are not."""
    assert (result.tier, result.worst_inputs) == ("assumed", (f"the number {name}",))


def test_property_an_inverse_has_the_inverse_unit():
    assert (1 / of(2, "h")).to("1/h").p50 == pytest.approx(0.5)
    assert (3 / of(2, "W")).to("1/W").p50 == pytest.approx(1.5)


def test_property_a_sum_of_many_is_their_sum_in_the_first_unit():
    total = sum([of(1, "kWh", name="a"), of(500, "Wh", name="b"), of(3.6, "MJ", name="c")])
    assert total.p50 == pytest.approx(2.5) and total.unit == "kWh"
    assert total.worst_inputs == ("a", "b", "c")


def test_property_an_assumed_input_without_a_spread_says_so_in_all_that_rests_on_it():
    for mfu in (exact(0.3, "", "assumed", "MFU", "a guess"), lognormal(0.3, 0.3, "", "assumed", "MFU", "a"),
                uniform(0.3, 0.3, "", "assumed", "MFU", "a")):  # fmt: skip
        assert "assumed (MFU without a spread)" in str(mfu * of(2))
    assert of(2, tier="modelled").worst_inputs == ("x",)


def test_property_that_two_inputs_are_without_a_spread_is_said_once():
    mfu, pue = (exact(0.5, "", "assumed", name, "a guess") for name in ("MFU", "PUE"))
    grid = lognormal(1, 2, "", "assumed", "grid", "a guess")
    again = exact(0.5, "", "assumed", mfu.worst_input, "a guess")
    assert "(MFU and PUE without a spread)" in str(mfu * pue)
    assert "(MFU and PUE without a spread, …)" in str(mfu * pue * grid)
    assert "(grid, MFU without a spread)" in str(grid * mfu) and "(MFU without a spread)" in str(again)


def test_property_same_source_counts_once():
    assert len((of(1) * of(2, "h", name="y")).sources) == 1


def test_edge_print_says_median_interval_tier_worst_input_and_sources():
    energy = of(1287, "MWh", "measured", "energy", "one")
    grid = uniform(420, 438, "gCO2e/kWh", "assumed", "grid", "two")
    assert str((energy * grid).to("tCO2e")) == "552 t CO2e (90 %: 542-563), assumed (grid), 2 sources"
    assert str(of(330)) == "330 W, measured (x), 1 source"
    assert "-1.8 to 1.8" in str(uniform(-2, 2, "W", "assumed", "x", "one"))


def test_edge_print_names_two_of_many_inputs():
    product = of(1, "", name="a") * of(1, "", name="b") * of(1, "", name="c")
    assert "measured (a, b, …)" in str(product)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1.234e-5, "1.23e-05"), (999.6, "1,000"), (-12.34, "-12.3"), (552.1, "552")]
)
def test_edge_numbers_as_printed(value, text):
    assert number(value, 3) == text


def test_edge_readable_unit_after_arithmetic():
    assert (of(0.3, "W") * of(1, "s")).unit == "Wh"
    assert (of(330, "W") * of(3_552_000, "h")).unit == "MWh"
    price = of(0.1, "USD/kWh")
    assert {(2 * price).unit, (price * of(50, "%")).unit, (of(5, "USD") / of(2, "kWh")).unit} == {"USD/kWh"}
    assert str(price * of(50, "%")) == "0.05 USD/kWh, measured (x), 1 source"


def test_edge_a_negative_amount_has_the_unit_of_its_size():
    assert str(of(-2, "kW") * of(1000, "h")).startswith("-2 MWh,")
    assert (of(-3e6, "W") * of(1, "s")).unit == "Wh" and (of(-5, "kWh") / 1000).unit == "Wh"


def test_property_size_is_that_of_each_draw():
    either = uniform(-2, 1, "W", "assumed", "x", "a test")
    assert abs(either).samples.tolist() == np.abs(either.samples).tolist() and abs(either).unit == "W"
