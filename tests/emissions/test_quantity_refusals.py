"""What a quantity refuses, and the sentence that it says."""

import re

import numpy as np
import pytest
from a2e.emissions.draws import N_SAMPLES
from a2e.emissions.quantity import Quantity, exact, lognormal, uniform
from a2e.emissions.units import number


def of(value, unit="W", tier="measured", name="x", source="a test"):
    return exact(value, unit, tier, name, source)


def raw(samples, sources=("a test",), worst=("x",)):
    return Quantity(samples, "W", "measured", worst, sources)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: of(1, "kW").to("kWh"), "multiply a power by a time"),
        (lambda: of(1, "FLOP").to("FLOP/s"), "divide FLOP, counted work, by a time"),
        (lambda: of(1, "gCO2e").to("g"), "carbon"),
        (lambda: of(1, "kW") + of(1, "kWh"), "divide an energy by a time"),
        (lambda: of(1, "kW") - of(1, "kWh"), "divide an energy by a time"),
        (lambda: of(1, "kW") + 1.0, "operand is 1.0: give it the unit it has, such as exact(1.0, 'kW', …)"),
        (lambda: 1 - of(1, "kW"), "operand is 1: give it the unit it has"),
        (lambda: of(1, "kW") < 2, "operand is 2: give it the unit it has"),
        (
            lambda: of(1) * np.ones(N_SAMPLES),
            "operand is a float64 array of shape (4096,): give a Quantity or",
        ),
        (
            lambda: np.ones(2) * of(1),
            "operand is a float64 array of shape (2,): give a Quantity or one number",
        ),
        (lambda: of(1) * True, "operand is True: give a Quantity or one number"),
        (lambda: of(1) / None, "operand is None: give a Quantity or one number"),
        (lambda: of(1) + "1", "operand is '1': give a Quantity or one number"),
        (lambda: of(1) * float("nan"), "operand is nan: give a finite number"),
        (lambda: of(1, "florins"), "unit is 'florins': give one that is known"),
        (lambda: of(1, "kW h("), "give one that is known"),
        (lambda: of(1, "degC"), "unit is 'degC': give one whose 0 is nothing"),
        (lambda: of(1, tier="guessed"), "tier is 'guessed': give one of measured, modelled, assumed"),
        (lambda: of(1, name=None), "name is None: give a text that is not empty"),
        (lambda: of(1, name=" "), "name is ' ': give a text that is not empty"),
        (lambda: of("5"), "value is '5': give a finite number"),
        (lambda: of(True), "value is True: give a finite number"),
        (lambda: of(float("nan")), "value is nan: give a finite number"),
        (lambda: exact(1, "W", "measured", "x"), "sources is (): say where x comes from"),
        (lambda: exact(1, "W", "measured", "x", " "), "sources is (' ',): give a list, each item a text"),
        (lambda: bool(of(2)), "x is 2 W: compare it with a number, such as 0"),
        (lambda: round(of(2), 1), "x is 2 W: round its .p50, or print it"),
        (lambda: of(2) ** 0.5, "power is 0.5: give a whole number from 1 to 9"),
        (lambda: of(2) ** True, "power is True: give a whole number from 1 to 9"),
        (lambda: of(1) / 0, "divisor is 0: give one that lies on one side of 0"),
        (lambda: of(1) / of(0, "h"), "divisor is 0 h: give one that lies on one side of 0"),
        (
            lambda: of(1) / uniform(-1, 1, "h", "assumed", "z", "s"),
            "divisor is 0 h (90 %: -0.9 to 0.9): give",
        ),
        (lambda: of(1) / uniform(-1, 0.001, "h", "assumed", "z", "s"), "divisor is "),
        (lambda: 1 / uniform(-1, 1, "h", "assumed", "z", "s"), "divisor is 0 h"),
        (lambda: uniform(2, 1, "W", "assumed", "x", "a test"), "low is 2: give one below high, 1"),
        (lambda: lognormal(0, 1, "W", "assumed", "x", "a test"), "p05 is 0: give a finite number above 0"),
        (lambda: lognormal(3, 1, "W", "assumed", "x", "a test"), "p05 is 3: give one below p95, 1"),
        (lambda: of(0).spread, "x is 0 W: look at .p05 and .p95"),
        (
            lambda: uniform(-2, 2, "W", "assumed", "x", "a test").spread,
            "x is 0 W (90 %: -1.8 to 1.8): look at",
        ),
        (lambda: of(1).quantile(5), "share is 5: give a number from 0 to 1"),
        (lambda: number(1, 0), "digits is 0: give a whole number of at least 1"),
        (lambda: raw(np.ones(7)), "samples is a float64 array of shape (7,): give 1 number or 4096 of them"),
        (lambda: raw(np.ones((2, 2))), "samples is a float64 array of shape (2, 2): give 1 number"),
        (lambda: raw(np.array([True])), "samples is a bool array of shape (1,): give 1 number"),
        (lambda: raw(np.array(["5"])), "samples is a <U1 array of shape (1,): give 1 number"),
        (lambda: raw(np.array([np.inf])), "samples is [inf], resting on x: give finite numbers"),
        (lambda: raw(np.ones(1), sources="abc"), "sources is 'abc': give a list, each item a text"),
        (lambda: raw(np.ones(1), worst=()), "worst_inputs is (): name the input"),
        (lambda: raw([1.0]), "samples is [1.0]: give a"),
    ],
)
def test_edge_bad_input_is_refused_with_a_sentence(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
