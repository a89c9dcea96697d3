"""When two quantities are equal, which is the greater, and what finds one in a set."""

import copy
import math
import pickle
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from a2e.emissions.quantity import exact, lognormal, uniform
from hypothesis import given, settings
from hypothesis import strategies as st

positive = st.floats(1e-6, 1e9)
X = uniform(1.25, 1.75, "", "modelled", "x", "one", "two")


def of(value, unit="W", tier="measured", name="x", source="a test"):
    return exact(value, unit, tier, name, source)


def test_property_exact_values_of_one_kind_compare():
    small, big = of(999, "W"), of(1, "kW")
    assert small < big and small <= big and big > small and big >= small and small != big
    assert not of(5, "") < 5 and of(5, "") <= 5 and of(1, "kWh") >= of(3.6, "MJ")
    assert big == of(1000, "W") and big <= of(1000, "W") and not big < of(1000, "W")
    assert of(1, "kWh") == of(3.6, "MJ") and of(1.1, "") > 1 and of(5, "kW") > 0 and of(1.1, "") == 1.1
    assert max([small, big]) is big
    assert X == X and (small == "W") is False and (small == None) is False  # noqa: E711


def test_property_an_equal_number_is_the_same_in_each_draw_in_whatever_unit_and_all_else_is_not():
    twin = uniform(1.25, 1.75, "", "modelled", "x", "one", "two")
    assert X == X * 1 and twin != X and X != 1.5 and X - X == 0 and X == 100 * X / 100
    assert of(1, "W") != of(1, "Wh") and of(5, "kW") != 5 and of(5, "s") != 5 and of(0, "kW") == 0
    assert of(110, "%") == 1.1
    assert of(1) != of(1 + 1e-9) and of(1, "") != float("nan") and of(1, "") != float("inf")


def test_property_quantities_are_found_in_lists_sets_and_keys():
    grid, watts, energy = lognormal(1, 2, "gCO2e/kWh", "assumed", "grid", "a"), of(5, "W"), of(5, "Wh")
    inputs = [grid, watts, energy]
    assert energy in inputs and inputs.index(energy) == 2 and of(0.005, "kWh") in inputs and 5 not in inputs
    inputs.remove(watts)
    assert inputs == [grid, energy] and {grid, watts, energy, of(5, "W")} == {grid, watts, energy}
    assert {grid: 1, watts: 2}[of(0.005, "kW")] == 2 and 1.1 in {of(1.1, "")}


KINDS = {"kWh": ("J", "MWh"), "h": ("s", "d"), "%": ("", "%"), "gCO2e/kWh": ("tCO2e/MWh", "gCO2e/J"),
         "GB": ("KiB", "bit"), "USD/kWh": ("USD/J", "USD/MWh")}  # fmt: skip


INPUT = st.tuples(st.sampled_from([uniform, lognormal]), positive, st.floats(1.01, 100),
                  st.sampled_from(sorted(KINDS)))  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(st.tuples(INPUT, INPUT, INPUT), positive)
def test_property_what_is_equal_in_arithmetic_is_equal_and_has_one_hash(ends, number):
    one, two, three = (make(low, low * by, unit, "assumed", "x", "a") for make, low, by, unit in ends)
    fixed = of(number, "kWh")
    pairs = [((one * two) * three, one * (two * three)), (one * two, two * one), (fixed * one / fixed, one),
             (one / two, 1 / (two / one)), (one * (fixed + fixed), one * fixed + one * fixed)]  # fmt: skip
    pairs += [(one.to(unit).to(one.unit), one.to(unit)) for unit in KINDS[one.unit]]
    for left, right in pairs:
        assert left == right and right == left and hash(left) == hash(right) and right in {left}
        assert left != right * (1 + 3e-9) and right * (1 - 3e-9) != left


def test_property_one_draw_that_differs_or_passes_the_largest_float_is_no_equality():
    samples = X.samples.copy()
    samples[7] *= 1 + 3e-9
    assert replace(X, samples=samples) != X != X + 1e-8 and X - 1.5 != (X - 1.5) * -1
    vast = replace(X, samples=X.samples * 1e307, unit="MWh")
    with np.errstate(over="ignore"):
        assert vast != replace(vast, unit="kWh") and replace(vast, unit="Wh") != vast and vast == vast


@settings(deadline=None)
@given(positive, st.sampled_from(["W", "kWh", "", "tCO2e", "d", "GB"]))
def test_property_what_is_equal_has_one_hash(value, unit):
    same = {"W": "MW", "kWh": "J", "": "%", "tCO2e": "gCO2e", "d": "s", "GB": "KiB"}[unit]
    one, other = of(value, unit), of(value, unit).to(same)
    assert one == other and hash(one) == hash(other) and not one < other and one <= other


NUMBERS = [0, 1, -1, 1.1, 1 / 3, 0.1 + 0.2, 1e300, 10**25, 10**400, True, math.nan, math.inf,
           Fraction(11, 10), Fraction(1, 2), np.float32(0.1), np.float32(0.5), np.float64(1.1), np.int64(7),
           2**53 + 1]  # fmt: skip


VALUES = (0.0, 1.0, -1.0, 1.1, 1 / 3, 0.3, 0.1, 0.5, 7.0, 1e300, 1e25, float(2**53), 110.0)


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("unit", ["", "%", "W", "s"])
def test_property_a_bare_number_that_is_equal_has_the_same_hash(number, unit):
    one = [of(value, unit) for value in VALUES]
    equal = [each for each in one if each == number]
    assert equal == [each for each in one if number == each]
    assert {hash(each) for each in equal} <= {hash(number)}


@pytest.mark.parametrize("value", [0.3, 1.1, 7.0, 1e25, -2.5, 0.0])
def test_property_a_number_of_few_digits_is_equal_and_one_of_more_is_not(value):
    assert of(value, "") == value == of(100 * value, "%") and value in {of(value, ""): 1}
    assert of(0.1, "") + of(0.2, "") == 0.3 and of(1 / 3, "") != 1 / 3 == 1 / 3


@pytest.mark.parametrize("value", [1 / 3, 0.1 + 0.2, 1.1, 0.0, -1 / 3])
def test_property_order_sees_the_same_digits_on_both_sides(value):
    one = of(value, "")
    for other in (value, one, of(value * 100, "%")):
        assert one <= other and one >= other and not one < other and not one > other
        assert other <= one and other >= one and not other < one and not other > one
    for more in (value + 1e-9, of(value + 1e-9, "")):
        assert one < more and one <= more and more > one and more >= one
        assert not (one > more or one >= more or more < one or more <= one)


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_property_a_copy_is_equal_and_cannot_be_written_to_either(make):
    other = make(X)
    assert other == X and other.samples.flags.writeable is False
    with pytest.raises(ValueError, match="read-only"):
        other.samples[0] = 7


@pytest.mark.parametrize("compare", [lambda a, b: a < b, lambda a, b: a >= b])
def test_edge_a_comparison_with_a_spread_is_refused_with_what_to_do(compare):
    for sides in ((X, of(1, "")), (of(1, ""), X), (X, 1)):
        with pytest.raises(
            ValueError, match=r"x is 1.5 \(90 %: .*: compare .p50, or look at the interval of"
        ):
            compare(*sides)
    with pytest.raises(ValueError, match=r"kWh \(energy\): divide an energy by a time"):
        compare(of(1, "W"), of(1, "kWh"))


def test_edge_a_small_draw_that_differs_makes_two_unequal_beside_large_ones():
    ours = lognormal(1e-4, 1e5, "kWh", "assumed", "energy", "a test")
    changed = ours.samples.copy()
    changed[changed.argmin()] *= 1 + 1e-3
    assert ours == replace(ours, samples=ours.samples.copy()) != replace(ours, samples=changed)
