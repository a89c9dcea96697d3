"""How many watts one busy processor thread draws, as well as this machine lets us know.

A physical machine names its processor; CodeCarbon's table of 4,900 processors gives that chip's TDP
(thermal design power: the heat, in watts, that its cooling is built for), and we share it over the chip's
threads. A virtual machine (a rented slice of a computer) shows a vague name and a few threads of a chip
whose size it hides, so no table helps: then CodeCarbon's convention of 4 W per thread is used.

Neither is a reading of power, so both are assumed and carry a 90 % interval, a factor either way. They are
the processor's watts alone: memory, power supply, screen, and what the machine draws when idle are left out.
"""

import csv
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from a2e import tiers
from a2e.emissions.packages import data_file, version
from a2e.machine import cpu_name, cpuinfo
from a2e.shapes import Count, Finite, Positive, Text, checked, refuse

FALLBACK_WATTS_PER_THREAD = 4.0  # codecarbon/core/cpu.py, DEFAULT_POWER_PER_CORE
FALLBACK_FACTOR = 5.0
"""From 0.8 to 20 W: the same FLOPs cost 391 J on a quiet machine and 1,713 J on a loaded one (a factor of
4.4), since threads that wait spin and are counted as busy."""

TDP_FACTOR = 3.0
"""TDP is not power: a busy chip draws from two thirds of it to half as much again while its clock is high
(1.5), and two threads share a core, so that one draws for both while its twin sleeps (2). Set by hand."""

_COMPUTED_BY = {42, 45, 58, 62, 55, 74, 76, 77, 90, 93}  # Sandy and Ivy Bridge; Atoms of their time


@checked
@dataclass(frozen=True)
class ThreadPower:
    """Watts drawn by one busy thread, with the tier of that number and where it comes from.

    In 90 of 100 cases the true watts lie from ``watts`` / ``factor`` to ``watts`` × ``factor``.
    """

    watts: Positive
    factor: Finite
    tier: str
    source: Text

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for an unknown tier or a factor below 1."""
        tiers.check(self.tier)
        refuse(self.factor < 1, f"factor is {self.factor}: give at least 1, which is no spread")


def _flags(text: str, name: str) -> str:
    """Return what ``/proc/cpuinfo`` says of ``name``, "" where it says nothing."""
    found = re.search(rf"^{name}\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else ""


@checked
def is_virtual(text: str | None = None) -> bool:
    """Say whether the processor reports a hypervisor, so that this machine is a slice of a larger one.

    ``text`` is that of ``/proc/cpuinfo`` (this machine's by default).

    >>> is_virtual("flags\\t: fpu hypervisor avx2"), is_virtual("flags\\t: fpu avx2")
    (True, False)
    """
    return "hypervisor" in _flags(cpuinfo() if text is None else text, "flags").split()


@checked
def rapl_tier(text: str | None = None) -> str:
    """Return the tier of what this machine's RAPL counters say.

    Intel's measure since Haswell (Hackenberg et al. 2015). Before it, and in AMD's chips, a model inside the
    chip computes the joules from events that it counts (Schöne et al. 2021, on Zen 2).

    >>> rapl_tier("vendor_id: GenuineIntel\\nmodel: 85"), rapl_tier("vendor_id: AuthenticAMD\\nmodel: 49")
    ('measured', 'modelled')
    """
    text = cpuinfo() if text is None else text
    model = _flags(text, "model")
    intel = _flags(text, "vendor_id") == "GenuineIntel" and model.isdigit()
    return "measured" if intel and int(model) not in _COMPUTED_BY else "modelled"


def _chips() -> int:
    """Return how many processor chips (sockets) this machine has."""
    return len(set(re.findall(r"^physical id\s*:\s*(\d+)$", cpuinfo(), re.MULTILINE))) or 1


@cache
def _table() -> list[tuple[str, str]]:
    """Return names and TDPs of CodeCarbon's ``cpu_power.csv``, as they are written there."""
    with data_file("codecarbon", "data/hardware/cpu_power.csv").open(encoding="utf-8") as file:
        return [(row["Name"], row["TDP"]) for row in csv.DictReader(file)]


def _plain(name: str) -> str:
    """Return a processor's name without trademarks, clock and core count, in lower case."""
    name = re.sub(r"\((R|TM)\)|\bCPU\b|\bProcessor\b|\b\d+-Core\b|@.*$", " ", name, flags=re.IGNORECASE)
    return " ".join(name.lower().split())


@cache
def _first_rows(form: Callable[[str], str]) -> dict[str, int]:
    """Return the first row of the table for each name in this form."""
    return {form(name): row for row, (name, _) in reversed(list(enumerate(_table())))}


def _rows(name: str) -> list[int]:
    """Return the rows of the table that fit ``name``: the one of that name, else all whose words it has.

    The second is CodeCarbon's own rule (rapidfuzz's token set ratio of 100).
    """
    from rapidfuzz import fuzz, process, utils

    for form in (str.lower, _plain):
        same = _first_rows(form).get(form(name))
        if same is not None:
            return [same]
    names = [row for row, _ in _table()]
    asked = re.sub(r"\(R\)|\(TM\)| CPU\b|@.*$", " ", name)
    found = process.extract(
        asked,
        names,
        processor=utils.default_process,
        scorer=fuzz.token_set_ratio,
        score_cutoff=100.0,
        limit=2,
    )
    return [row for _, _, row in found]


@checked
@cache
def tdp_watts(name: str) -> float | None:
    """Return the TDP of the processor ``name`` in watts, or None when no single row of CodeCarbon's table
    fits, or the row's cell is no number above 0 (3.3.2 has ``27.29.5``).

    >>> tdp_watts("AMD EPYC 7763 64-Core Processor")
    280.0
    >>> tdp_watts("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz")
    28.0
    >>> tdp_watts("Intel(R) Xeon(R) Processor") is None
    True
    """
    rows = _rows(name)
    cell = _table()[rows[0]][1] if len(rows) == 1 else ""
    return float(cell) if re.fullmatch(r"\d+(\.\d+)?", cell) and float(cell) > 0 else None


@checked
def thread_power(
    name: str | None = None, virtual: bool | None = None, threads: Count | None = None
) -> ThreadPower:
    """Return the watts of a busy thread: TDP / threads of a known physical chip, else 4 W by convention.

    Arguments default to this machine's. ``threads`` is the number of threads of the one chip.

    >>> thread_power("AMD EPYC 7763 64-Core Processor", virtual=False, threads=128).watts
    2.1875
    >>> thread_power("AMD EPYC 7763 64-Core Processor", virtual=True).source
    "4 W per thread (0.8 to 20 W), as a virtual machine hides its chip's size"
    """
    name = cpu_name() if name is None else name
    virtual = is_virtual() if virtual is None else virtual
    threads = max((os.cpu_count() or 1) // _chips(), 1) if threads is None else threads
    tdp = tdp_watts(name)
    if tdp is not None and not virtual:
        source = f"TDP of {name} from codecarbon {version('codecarbon')} cpu_power.csv over {threads} threads"
        return ThreadPower(tdp / threads, TDP_FACTOR, "assumed", source)
    watts, factor = FALLBACK_WATTS_PER_THREAD, FALLBACK_FACTOR
    why = "a virtual machine hides its chip's size" if virtual else f"no table has {name or 'this processor'}"
    source = f"{watts:g} W per thread ({watts / factor:g} to {watts * factor:g} W), as {why}"
    return ThreadPower(watts, factor, "assumed", source)
