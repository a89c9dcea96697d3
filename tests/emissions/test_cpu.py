# mypy: disable-error-code="arg-type"
import csv
import os
import re
from functools import cache

import pytest
from a2e.emissions import cpu
from a2e.emissions.cpu import ThreadPower, is_virtual, rapl_tier, tdp_watts, thread_power
from a2e.emissions.packages import data_file
from a2e.machine import cpu_name

XEON = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Platinum 8153 CPU @ 2.00GHz\nflags\t\t: fpu avx2\n"
FOUR_W_SOURCE = "4 W per thread (0.8 to 20 W), as "


def test_oracle_name_in_cpuinfo_finds_its_tdp():
    assert tdp_watts(cpu_name(XEON)) == 125.0


@pytest.mark.parametrize(
    ("name", "watts"),
    [
        ("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", 28),
        ("AMD Ryzen 7 PRO 4750U with Radeon Graphics", 15),
        ("AMD Ryzen 9 5900HX with Radeon Graphics", 45),
        ("AMD Ryzen 5 5600G with Radeon Graphics", 65),
        ("Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz", 15),
        ("AMD EPYC 7763 64-Core Processor", 280),
    ],
)
def test_oracle_laptops_and_servers_as_their_makers_print_them(name, watts):
    assert tdp_watts(name) == watts


@cache
def codecarbons():
    from codecarbon.core.cpu import TDP
    from codecarbon.input import DataSource

    return TDP.__new__(TDP), DataSource().get_cpu_power_data()


def theirs(name):
    """The TDP that CodeCarbon finds for ``name``, None where it finds none or a cell that is no number."""
    matcher, table = codecarbons()
    found = matcher._get_matching_cpu(name, table)
    cell = str(table[table["Name"] == found]["TDP"].values[0]) if found else ""
    return float(cell) if re.fullmatch(r"\d+(\.\d+)?", cell) else None


def as_a_system_writes_it(name):
    """Names of the table as Linux shows them: trademarks, clock, cores, graphics."""
    intel = name.replace("Intel ", "Intel(R) ").replace("Core ", "Core(TM) ").replace("Xeon ", "Xeon(R) ")
    yield name
    if name.startswith("Intel"):
        yield from (f"{intel} CPU @ 2.40GHz", f"11th Gen {intel} @ 2.80GHz")
    elif name.startswith("AMD"):
        yield from (f"{name} 8-Core Processor", f"{name} with Radeon Graphics")


with data_file("codecarbon", "data/hardware/cpu_power.csv").open(encoding="utf-8") as file:
    TABLE = [row["Name"] for row in csv.DictReader(file)]


def test_oracle_whatever_codecarbon_finds_is_found_with_the_same_tdp():
    """One name in 40 of CodeCarbon's table, each as systems write it, against CodeCarbon's own matcher."""
    names = [name for row in TABLE[::40] for name in as_a_system_writes_it(row)]
    found = [(tdp_watts(name), expected) for name in names if (expected := theirs(name)) is not None]
    assert len(found) > 200 and all(ours == expected for ours, expected in found)


def chips(every):
    """One row in ``every`` as name and watts, without those chips of which two rows say two things."""
    for name, cell in cpu._table()[::every]:
        if re.fullmatch(r"\d+(\.\d+)?", cell) and not re.search("Micro-6|E6[246]5CT", name):
            yield name, float(cell)


def test_property_a_chip_as_systems_write_it_has_the_watts_of_its_own_row():
    """Also where CodeCarbon sees several rows, as in "Xeon E5-2650 v2", whose words hold "Xeon E5-2650"."""
    for name, watts in chips(every=20):
        assert {tdp_watts(written) for written in as_a_system_writes_it(name)} == {watts}, name


TWICE = {
    "A10 Micro-6700T": 4.5, "AMD A10 Micro-6700T": 4.0,
    "A4 Micro-6400T": 4.5, "AMD A4 Micro-6400T": 4.0,
    "E1 Micro-6200T": 3.95, "AMD E1 Micro-6200T": 3.0,
    "Intel Atom\xa0E625CT": 2.7, "Intel Atom E625CT": 3.0,
    "Intel Atom\xa0E645CT": 3.6, "Intel Atom E645CT": 4.0,
    "Intel Atom\xa0E665CT": 3.6, "Intel Atom E665CT": 7.0,
}  # fmt: skip
"""The six chips that codecarbon 3.3.2 lists under two names with two TDPs, read off its table."""


@pytest.mark.parametrize(("name", "watts"), TWICE.items())
def test_oracle_each_of_two_rows_of_one_chip_has_its_own_watts(name, watts):
    assert [float(cell) for row, cell in cpu._table() if row == name] == [watts]
    assert tdp_watts(name) == tdp_watts(name.upper()) == watts
    assert tdp_watts(f"{name} APU") is None, "no row has this name, and two with its words disagree"


def test_property_no_other_chip_stands_twice_with_two_powers():
    said = {name: {float(cell) for other, cell in rows if re.fullmatch(r"\d+(\.\d+)?", cell)}
            for rows in cpu._by_words().values() for name, _ in rows}  # fmt: skip
    assert {name for name, watts in said.items() if len(watts) > 1} == TWICE.keys()


def test_edge_a_name_that_stands_twice_with_two_powers_is_unknown(monkeypatch):
    rows = [("Nowhere 9", "5"), ("nowhere 9", "6")]
    monkeypatch.setattr(cpu, "_by_words", lambda: {frozenset({"nowhere", "9"}): rows})
    assert cpu._cells("Nowhere 9") == {"5", "6"} and tdp_watts("Nowhere 9") is None


def test_property_a_chip_held_out_of_the_table_is_never_given_another_chip_s_watts(monkeypatch):
    rows = cpu._table()
    twins = 0
    for name, watts in list(chips(every=7)):
        rest = [row for row in rows if row[0] != name]
        monkeypatch.setattr(cpu, "_table", lambda rest=rest: rest)
        cpu._by_words.cache_clear()
        cells = cpu._cells(name)
        assert {float(found) for found in cells} <= {watts}, name
        twins += bool(cells)
    cpu._by_words.cache_clear()
    assert 0 < twins < 100  # the same chip stands twice, as "AMD FX-8350" and "FX-8350"


@pytest.mark.parametrize("name", ["Apple M1 Pro", "Apple M1 Max", "Apple M1 Ultra", "AMD Opteron 140 XE"])
def test_edge_a_chip_with_a_word_more_than_the_table_s_is_unknown(name):
    assert tdp_watts(name.rpartition(" ")[0]) is not None is not theirs(name)
    assert tdp_watts(name) is None


@pytest.mark.parametrize(
    ("name", "watts"),
    [
        ("AMD FX(tm)-8350 Eight-Core Processor", 125),
        ("AMD A10-7850K Radeon R7, 12 Compute Cores 4C+8G", 95),
        ("AMD E1-2500 APU with Radeon(TM) HD Graphics", 15),
        ("AMD Ryzen AI 9 HX 370 w/ Radeon 890M", 28),
        ("AMD Ryzen Threadripper PRO 5995WX 64-Cores", 280),
        ("Intel(R) Xeon(R) CPU E5-2650 0 @ 2.00GHz", 95),
        ("Intel(R) Xeon(R) CPU E5-2650 v2 @ 2.60GHz", 95),
    ],
)
def test_oracle_what_systems_add_to_a_name_makes_no_other_chip(name, watts):
    assert tdp_watts(name) == watts


@pytest.mark.parametrize("name", ["Intel(R) Xeon(R) Processor", "AMD", "QEMU Virtual CPU version 2.5+", ""])
def test_oracle_names_that_say_too_little_are_unknown_to_both(name):
    assert tdp_watts(name) is None is theirs(name)


def test_oracle_fallback_is_codecarbons():
    from codecarbon.core.cpu import DEFAULT_POWER_PER_CORE

    assert cpu.FALLBACK_WATTS_PER_THREAD == DEFAULT_POWER_PER_CORE


def test_property_the_interval_of_an_unknown_thread_holds_a_loaded_machine():
    """The FLOPs of the tiny run cost 391 J by CPU time on a quiet machine and 1,713 J on a loaded one."""
    power = thread_power("", virtual=True)
    quiet_seconds, loaded_seconds = 391 / 4, 1713 / 4
    assert quiet_seconds * power.watts * power.factor > 1713
    assert loaded_seconds * power.watts / power.factor < 391


def test_property_known_chip_shares_its_tdp_over_its_threads():
    power = thread_power(cpu_name(XEON), virtual=False, threads=32)
    assert power.watts * 32 == 125.0 and power.factor == 3
    assert power.tier == "assumed"  # a TDP is what a maker says, not what an instrument read


def test_property_threads_of_a_machine_with_two_chips_are_those_of_one(monkeypatch):
    two = "".join(XEON + f"physical id\t: {chip}\n" for chip in (0, 0, 1, 1))
    monkeypatch.setattr(cpu, "cpuinfo", lambda: two)
    monkeypatch.setattr(cpu, "cpu_name", lambda: cpu_name(XEON))
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert thread_power(virtual=False).watts * 32 == 125.0


@pytest.mark.parametrize(("name", "virtual"), [("AMD EPYC 7763", True), ("Imaginary 9", False), ("", False)])
def test_edge_virtual_or_unknown_is_four_watts_assumed(name, virtual):
    power = thread_power(name, virtual=virtual, threads=2)
    assert (power.watts, power.factor, power.tier) == (4.0, 5.0, "assumed")
    assert power.source.startswith(FOUR_W_SOURCE)


@pytest.mark.parametrize(
    ("vendor", "model", "tier"),
    [
        ("GenuineIntel", "60", "measured"),  # Haswell
        ("GenuineIntel", "85", "measured"),  # Skylake server
        ("GenuineIntel", "45", "modelled"),  # Sandy Bridge
        ("AuthenticAMD", "49", "modelled"),  # Zen 2
        ("HygonGenuine", "1", "modelled"),
        ("GenuineIntel", "", "modelled"),
    ],
)
def test_oracle_counters_measure_since_haswell_and_not_in_amds_chips(vendor, model, tier):
    text = f"vendor_id\t: {vendor}\ncpu family\t: 6\nmodel\t\t: {model}\nmodel name\t: x 60\n"
    assert rapl_tier(text) == tier


@pytest.mark.parametrize(
    ("tier", "models"),
    [  # as Linux numbers them, in arch/x86/include/asm/intel-family.h
        ("modelled", {0x2A: "Sandy Bridge", 0x2D: "Sandy Bridge X"}),
        ("modelled", {0x3A: "Ivy Bridge", 0x3E: "Ivy Bridge X"}),
        ("modelled", {0x37: "Silvermont", 0x4A: "Merrifield", 0x4D: "Avoton", 0x5A: "Moorefield",
                      0x5D: "SoFIA", 0x4C: "Airmont"}),
        ("measured", {0x3C: "Haswell", 0x3F: "Haswell X", 0x45: "Haswell L", 0x46: "Haswell G",
                      0x4F: "Broadwell X", 0x4E: "Skylake L", 0x5C: "Goldmont"}),
    ],
)  # fmt: skip
def test_oracle_each_chip_before_haswell_and_each_atom_before_goldmont_computes(tier, models):
    tiers = {model: rapl_tier(f"vendor_id: GenuineIntel\nmodel: {model}") for model in models}
    assert tiers == dict.fromkeys(models, tier)


def test_edge_this_machine_has_some_power():
    assert thread_power().watts > 0


def test_edge_broken_cell_of_the_table_counts_as_unknown():
    broken = [name for name, cell in cpu._table() if cell == "27.29.5"]
    assert broken and [tdp_watts(name) for name in broken] == [None] * len(broken)
    assert len(cpu._table()) > 4000


def test_edge_no_flags_is_no_virtual_machine():
    assert not is_virtual("") and cpu_name("model name : A") == "A"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: thread_power("x", virtual=False, threads=0),
            "threads is 0: give a whole number of at least 1",
        ),
        (lambda: thread_power("x", virtual="no"), "virtual is 'no': give True or False"),
        (lambda: ThreadPower(0.0, 2.0, "assumed", "a test"), "watts is 0.0: give a finite number above 0"),
        (
            lambda: ThreadPower(float("inf"), 2.0, "assumed", "a"),
            "watts is inf: give a finite number above 0",
        ),
        (lambda: ThreadPower(4.0, 0.5, "assumed", "a test"), "factor is 0.5: give at least 1"),
        (lambda: ThreadPower(4.0, 2.0, "guess", "a test"), "tier is 'guess': give one of measured, modelled"),
        (lambda: ThreadPower(4.0, 2.0, "assumed", ""), "source is '': give a text that is not empty"),
    ],
)
def test_edge_bad_input_is_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


@pytest.mark.parametrize("given", [{}, {"threads": 128}, {"virtual": False}])
def test_edge_another_chip_s_name_needs_its_threads_and_whether_it_is_virtual(given):
    name = "AMD EPYC 7763 64-Core Processor"
    with pytest.raises(ValueError, match=f"name is '{name}': give its threads and virtual too"):
        cpu.thread_power(name, **given)
    assert cpu.thread_power(name, virtual=True).watts == 4
    assert cpu.thread_power(name, virtual=False, threads=128).watts == 280 / 128
