import pytest
from a2e.emissions import cpu
from a2e.emissions.cpu import ThreadPower, is_virtual, tdp_watts, thread_power
from a2e.machine import cpu_name

XEON = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Platinum 8153 CPU @ 2.00GHz\nflags\t\t: fpu avx2\n"


def test_oracle_name_in_cpuinfo_finds_its_tdp():
    assert tdp_watts(cpu_name(XEON)) == 125.0


def test_oracle_codecarbon_finds_the_same_tdp():
    from codecarbon.core.cpu import TDP

    for name in ("Intel(R) Xeon(R) Platinum 8153 CPU @ 2.00GHz", "AMD EPYC 7763", "Intel Core i7-8700K"):
        assert tdp_watts(name) == TDP._get_cpu_power_from_registry(TDP.__new__(TDP), name)


def test_oracle_fallback_is_codecarbons():
    from codecarbon.core.cpu import DEFAULT_POWER_PER_CORE

    assert cpu.FALLBACK_WATTS_PER_THREAD == DEFAULT_POWER_PER_CORE


def test_property_known_chip_shares_its_tdp_over_its_threads():
    power = thread_power(cpu_name(XEON), virtual=False, threads=32)
    assert power.watts * 32 == 125.0 and power.tier == "modelled"


@pytest.mark.parametrize(("name", "virtual"), [("AMD EPYC 7763", True), ("Imaginary 9", False), ("", False)])
def test_edge_virtual_or_unknown_is_four_watts_assumed(name, virtual):
    power = thread_power(name, virtual=virtual, threads=2)
    assert (power.watts, power.tier) == (4.0, "assumed")
    assert "4 W per thread" in power.source


def test_edge_this_machine_has_some_power():
    assert thread_power().watts > 0


def test_edge_broken_cell_of_the_table_counts_as_unknown():
    assert all(isinstance(watts, float) and watts > 0 for watts in cpu._table().values())
    assert len(cpu._table()) > 4000


def test_edge_no_flags_is_no_virtual_machine():
    assert not is_virtual("") and cpu_name("model name : A") == "A"


def test_edge_no_threads_are_refused():
    with pytest.raises(ValueError, match="threads=0"):
        thread_power("x", virtual=False, threads=0)


@pytest.mark.parametrize("watts", [0.0, -4.0, float("nan"), float("inf")])
def test_edge_impossible_watts_are_refused(watts):
    with pytest.raises(ValueError, match="watts="):
        ThreadPower(watts, "assumed", "a test")
