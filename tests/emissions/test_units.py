import pytest
from a2e.emissions import units
from scipy import constants


def test_oracle_hour_and_kilowatt_hour_match_scipy():
    assert units.factor("h", "s") == constants.hour
    assert units.factor("kWh", "J") == constants.kilo * constants.hour


def test_property_factor_there_and_back_is_one():
    for unit, other in (("MWh", "J"), ("tCO2e", "gCO2e"), ("TFLOP/s", "FLOP/s"), ("d", "h")):
        assert units.factor(unit, other) * units.factor(other, unit) == pytest.approx(1)


def test_edge_unknown_kinds_are_pints_dimensions():
    assert units.kind("m**3") == "[length] ** 3"
    assert units.readable("m**3", 5.0) == "m**3"


def test_edge_co2e_is_no_mass():
    assert units.kind("gCO2e") == "carbon" and units.kind("g") == "[mass]"


@pytest.mark.parametrize("unit", ["CO2", "FLOPS", "kWh*", "3 W", "%", " "])
def test_edge_unknown_unit_is_refused(unit):
    with pytest.raises(ValueError, match="is not known: use such as Wh"):
        units.parse(unit)
