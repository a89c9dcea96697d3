import itertools
from typing import Any

import pint
import pytest
from a2e.emissions import units
from scipy import constants


def test_oracle_hour_and_kilowatt_hour_match_scipy():
    assert units.factor("h", "s") == constants.hour
    assert units.factor("kWh", "J") == constants.kilo * constants.hour
    assert units.factor("m3", "L") == pytest.approx(1 / constants.liter)


@pytest.mark.parametrize("prefix", ["", "m", "c", "d", "da", "h", "k", "u", "M"])
def test_oracle_a_prefixed_cubic_metre_is_the_cube_of_the_prefixed_metre(prefix):
    """By pint's own registry, which knows none of ours."""
    unit, cube = f"{prefix}m3", pint.UnitRegistry().Quantity(1, f"{prefix}m**3")
    assert units.factor(unit, "m3") == pytest.approx(cube.to("m**3").magnitude, rel=1e-12)
    assert units.factor(unit, "L") == pytest.approx(cube.to("liter").magnitude, rel=1e-12)
    assert units.factor(f"g/{unit}", f"g/{prefix}m**3") == pytest.approx(1)
    assert units.factor(f"{unit}**2", f"{prefix}m**6") == pytest.approx(1)
    assert units.label(unit) == units.label(f"{prefix}m**3") == f"{prefix}m³"


@pytest.mark.parametrize("unit", ["Nm3", "atm3", "centim3", "m4", "cm3s"])
def test_edge_what_only_looks_like_a_cubic_metre_is_refused(unit):
    with pytest.raises(ValueError, match=r"unit is .*: give one that is known"):
        units.parse(unit)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1.23456789, 9, "1.23456789"), (123456.789, 9, "123,456.789"), (12345.6, 6, "12,345.6"),
        (0.1, 17, "0.10000000000000001"), (9.9996, 4, "10"), (0.00012345, 3, "0.000123"), (2.5, 1, "2"),
    ],
)  # fmt: skip
def test_edge_all_digits_asked_for_are_printed(value, digits, text):
    assert units.number(value, digits) == text


def test_property_factor_there_and_back_is_one():
    for unit, other in (("MWh", "J"), ("tCO2e", "gCO2e"), ("TFLOP/s", "FLOP/s"), ("d", "h"), ("m3", "m**3")):
        assert units.factor(unit, other) * units.factor(other, unit) == pytest.approx(1)


def test_property_water_cost_and_per_cent_read_well():
    assert [units.kind(unit) for unit in ("m3", "L", "m**3", "USD", "%", "L/kWh")] == [
        "volume", "volume", "volume", "cost", "plain number", "water intensity",
    ]  # fmt: skip
    assert [units.readable("L", litres) for litres in (0.5, 999.0, 1000.0)] == ["L", "L", "m3"]
    assert units.product("L/kWh", "MWh", 1) == (pytest.approx(1000.0), "L")
    assert units.product("USD/h", "h", 1) == (1.0, "USD")
    assert [units.label(unit) for unit in ("m3", "m**3", "L", "USD", "%")] == ["m³", "m³", "L", "USD", "%"]


@pytest.mark.parametrize(
    ("unit", "octets"),
    [("bit", 1 / 8), ("byte", 1), ("B", 1), ("kB", 1e3), ("GB", 1e9), ("KiB", 1024), ("GiB", 2**30),
     ("TB", 1e12)],
)  # fmt: skip
def test_oracle_information_is_a_kind_of_its_own(unit, octets):
    assert units.kind(unit) == "information"
    assert units.factor(unit, "B") == pytest.approx(octets, rel=1e-12)
    with pytest.raises(ValueError, match=rf"unit is {unit} \(information\): multiply or divide by what is"):
        units.factor(unit, "")


def test_property_bytes_stay_in_every_product():
    assert units.product("GB", "s", -1) == (pytest.approx(1e9), "B/s") and units.kind("GB/s") == "data rate"
    assert units.product("GB/s", "s", 1) == (pytest.approx(1e9), "B")
    assert units.kind(units.product("GB", "W", 1)[1]) not in ("power", "plain number")
    assert [units.readable("B", size) for size in (0.5, 999.0, 5e9)] == ["B", "B", "GB"]


@pytest.mark.parametrize(
    "unit", ["degree", "rad", "rpm", "count", "W*count", "turn", "Bq", "counts_per_second"]
)
def test_edge_angles_and_counts_which_have_no_dimension_are_refused(unit):
    with pytest.raises(
        ValueError, match=rf"unit is '{unit.replace('*', '.')}': give '' for a count or an angle"
    ):
        units.parse(unit)


def test_edge_a_ratio_of_one_kind_is_a_plain_number():
    assert units.factor("W/kW", "") == pytest.approx(1e-3) and units.kind("%") == "plain number"


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [("ton", r"t \(1,000 kg\)"), ("USD/ton", r"t \(1,000 kg\)"), ("ktons", r"t \(1,000 kg\)"), ("pct", "%"),
     ("kt", r"t \(1,000 kg\)"), ("mtCO2e", r"t \(1,000 kg\)"), ("mt", r"t \(1,000 kg\)"),
     ("gr/h", "g"), ("Gib", "bit, or B for bytes"),
     ("b", "bit, or B for bytes"), ("Gb/s", "bit, or B for bytes")],
)  # fmt: skip
@pytest.mark.parametrize("function", [units.parse, units.kind, units.base])
def test_edge_what_pint_reads_as_something_else_is_refused(unit, wanted, function):
    with pytest.raises(ValueError, match=f"unit is '{unit}': give {wanted}$"):
        function(unit)


def test_edge_names_that_hold_a_misread_one_are_known():
    assert units.factor("metric_ton", "kg") == units.factor("t", "kg") == 1000
    assert units.factor("Gbit", "bit") == 1e9 and units.kind("bar") == "[mass] / [length] / [time] ** 2"


ODD = ("USD/kWh", "W", "kW", "GB", "year", "ohm", "delta_degC", "cm", "m3", "%", "percent", "L", "gCO2e", "d",
       "kg/MWh", "J", "hp", "g/m3", "USD", "h")  # fmt: skip


@pytest.mark.parametrize("power", [1, -1])
def test_oracle_any_product_keeps_its_size_and_can_be_read_back(power):
    """By pint's own registry, which reads what ours wrote."""
    registry: Any = pint.UnitRegistry()
    registry.define("USD = [money]")
    registry.define("gCO2e = [co2e]")
    for left, right in itertools.product(ODD, ODD):
        scale, unit = units.product(left, right, power)
        theirs = registry.Quantity(1, left.replace("m3", "m**3"))
        theirs = theirs * registry.Quantity(1, right.replace("m3", "m**3")) ** power
        assert units.base(unit)[0] > 0
        ours = registry.Quantity(scale, unit.replace("m3", "m**3"))
        assert (ours / theirs).to("").magnitude == pytest.approx(1), (left, right, unit)


def test_property_a_kind_without_a_usual_unit_keeps_those_given():
    assert units.product("USD/kWh", "", 1) == (1.0, "USD/kWh") == units.product("USD", "kWh", -1)
    assert units.product("USD/kWh", "%", 1) == (0.01, "USD/kWh")
    assert units.product("kW", "W", 1)[1] in ("W**2", "kW**2")
    assert "Ω" not in units.product("ohm", "USD", 1)[1]


def test_edge_unknown_kinds_are_pints_dimensions():
    assert units.kind("m**2") == "[length] ** 2"
    assert units.readable("m**2", 5.0) == "m**2"


def test_edge_co2e_is_no_mass():
    assert units.kind("gCO2e") == "carbon" and units.kind("g") == "[mass]"


@pytest.mark.parametrize("unit", ["CO2", "FLOPS", "kWh*", "3 W", "%%", " ", "W**99999999"])
@pytest.mark.parametrize("function", [units.parse, units.label])
def test_edge_unknown_unit_is_refused(unit, function):
    with pytest.raises(ValueError, match=r"unit is .*: give one that is known, such as Wh"):
        function(unit)


@pytest.mark.parametrize("unit", ["degC", "degF", "dBm"])
def test_edge_a_unit_that_is_no_plain_factor_is_refused(unit):
    """20 degC as a factor would be 5,483 K."""
    with pytest.raises(ValueError, match=f"unit is '{unit}': give one whose 0 is nothing, such as K"):
        units.factor(unit, "K")
    assert units.factor("delta_degC", "K") == pytest.approx(1)


@pytest.mark.parametrize(
    ("unit", "to", "message"),
    [
        ("kW", "kWh", r"unit is kW \(power\): multiply a power by a time to get kWh \(energy\)"),
        ("kWh", "kW", r"unit is kWh \(energy\): divide an energy by a time to get kW \(power\)"),
        ("FLOP", "FLOP/s", "divide FLOP, counted work, by a time"),
        ("h", "", r"unit is h \(time\): multiply or divide by what is missing to get a plain number$"),
        ("", "h", r"unit is '' \(plain number\): multiply or divide by what is missing to get h \(time\)"),
    ],
)
def test_edge_another_kind_is_refused_with_a_way(unit, to, message):
    with pytest.raises(ValueError, match=message):
        units.factor(unit, to)


def test_edge_a_thousand_of_a_unit_is_one_of_the_next():
    assert units.readable("Wh", 1000.0) == "kWh" and units.readable("Wh", 999.0) == "Wh"


@pytest.mark.parametrize(("value", "text"), [(0.0004, "0.0004"), (0.00004, "4e-05")])
def test_edge_small_numbers_are_written_out_down_to_a_ten_thousandth(value, text):
    assert units.number(value, 3) == text
