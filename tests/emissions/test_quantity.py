import numpy as np
import pytest
from a2e.emissions import quantity, units
from a2e.emissions.quantity import N_SAMPLES, Quantity, exact, lognormal, number, uniform
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

positive = st.floats(1e-6, 1e9)
UNITS = ("W", "kW", "h", "s", "kWh", "MWh", "J", "FLOP", "TFLOP/s", "d", "m**3")


def of(value, unit="W", tier="measured", name="x", source="a test"):
    return exact(value, unit, tier, name, source)


@settings(deadline=None)
@given(positive, st.sampled_from(UNITS), positive, st.sampled_from(UNITS))
def test_oracle_products_and_quotients_match_pint(a, left, b, right):
    registry = units._registry()
    x, y = registry.Quantity(a, left), registry.Quantity(b, right)
    for ours, theirs in ((of(a, left) * of(b, right), x * y), (of(a, left) / of(b, right), x / y)):
        same = registry.Quantity(ours.p50, ours.unit).to(theirs.units)
        assert same.magnitude == pytest.approx(theirs.magnitude)


@settings(deadline=None)
@given(positive, st.sampled_from(["Wh", "kWh", "MWh"]), positive, st.sampled_from(["J", "MJ", "kWh"]))
def test_oracle_sums_and_differences_match_pint(a, left, b, right):
    registry = units._registry()
    x, y = registry.Quantity(a, left), registry.Quantity(b, right)
    assert (of(a, left) + of(b, right)).p50 == pytest.approx((x + y).magnitude)
    assert (of(a, left) - of(b, right)).p50 == pytest.approx((x - y).magnitude, abs=1e-9 * (a + b))


@pytest.mark.parametrize("share", [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
def test_oracle_lognormal_matches_scipy(share):
    sd = np.log(8 / 2) / (2 * stats.norm.ppf(0.95))
    expected = stats.lognorm(s=sd, scale=4.0).ppf(share)
    assert lognormal(2, 8, "W", "assumed", "x", "a test").quantile(share) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_oracle_uniform_matches_scipy(share):
    expected = stats.uniform(3, 4).ppf(share)
    assert uniform(3, 7, "W", "assumed", "x", "a test").quantile(share) == pytest.approx(expected, rel=1e-3)


def test_oracle_product_of_lognormals_is_lognormal():
    a, b = (lognormal(1, 2, "", "assumed", name, "a test") for name in "ab")
    spread = np.exp(np.sqrt(2) * np.log(2))
    assert (a * b).spread == pytest.approx(spread, rel=0.03)


def test_property_one_input_used_twice_stays_one_input():
    x = uniform(1, 9, "kWh", "assumed", "x", "a test")
    assert (x - x).samples.tolist() == [0.0] * N_SAMPLES
    assert (x / x).spread == pytest.approx(1)
    again = uniform(1, 9, "kWh", "assumed", "x", "a test")
    assert np.array_equal(x.samples, again.samples)


def test_property_two_names_are_independent():
    x, y = (uniform(0, 1, "", "assumed", name, "a test") for name in ("MFU", "PUE"))
    assert abs(np.corrcoef(x.samples, y.samples)[0, 1]) < 0.05


@settings(deadline=None)
@given(st.lists(st.sampled_from(quantity.TIERS), min_size=2, max_size=5))
def test_property_tier_is_that_of_the_worst_input_which_it_names(tiers):
    parts = [of(2, "", tier, f"input {i}", f"source {i}") for i, tier in enumerate(tiers)]
    result = parts[0]
    for part in parts[1:]:
        result = result * part
    worst = max(tiers, key=quantity.TIERS.index)
    assert result.tier == worst
    assert result.worst_inputs == tuple(f"input {i}" for i, tier in enumerate(tiers) if tier == worst)
    assert len(result.sources) == len(tiers)


@settings(deadline=None)
@given(positive, st.sampled_from(["Wh", "kWh", "MWh", "J"]), st.sampled_from(["Wh", "kWh", "MWh", "J"]))
def test_property_there_and_back_again(value, unit, other):
    assert of(value, unit).to(other).to(unit).p50 == pytest.approx(value)


def test_property_scaling_keeps_tier_and_sources():
    x = uniform(1, 2, "W", "modelled", "x", "one", "two")
    assert ((2 * x) / 2).sources == ("one", "two")
    assert (x * 3).p50 == pytest.approx(4.5) and (x * 3).tier == "modelled"


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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: of(1, "kW").to("kWh"), "kW measures power, kWh energy"),
        (lambda: of(1, "FLOP").to("FLOP/s"), "FLOP counts work, FLOP/s is a rate"),
        (lambda: of(1, "gCO2e").to("g"), "carbon"),
        (lambda: of(1, "kW") + of(1, "kWh"), "multiply a power by a time"),
        (lambda: of(1, "kW") - of(1, "kWh"), "multiply a power by a time"),
        (lambda: of(1, "kW") + 1.0, "no unit"),
        (lambda: of(1, "florins"), "unit='florins' is not known"),
        (lambda: of(1, "kW h("), "is not known"),
        (lambda: of(1, tier="guessed"), "tier='guessed' must be one of measured, modelled, assumed"),
        (lambda: of(float("nan")), "x is nan"),
        (lambda: of(float("inf")), "x is inf"),
        (lambda: exact(1, "W", "measured", "x"), "say where x comes from"),
        (lambda: exact(1, "W", "measured", "x", " "), "say where x comes from"),
        (lambda: of(1) / 0, "by zero"),
        (lambda: of(1) / of(0, "h"), "by zero"),
        (lambda: uniform(2, 1, "W", "assumed", "x", "a test"), "low=2 is above high=1"),
        (lambda: lognormal(0, 1, "W", "assumed", "x", "a test"), "p05=0"),
        (lambda: lognormal(3, 1, "W", "assumed", "x", "a test"), "p05=3"),
        (lambda: Quantity(np.ones(7), "W", "measured", ("x",), ("a test",)), "samples has shape"),
        (lambda: Quantity(np.ones((2, 2)), "W", "measured", ("x",), ("a test",)), "samples has shape"),
    ],
)
def test_edge_bad_input_is_refused_with_a_sentence(make, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        make()
