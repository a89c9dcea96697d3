"""How many watts one busy processor thread draws, as well as this machine lets us know.

A physical machine names its processor; CodeCarbon's table of 4,900 processors gives that chip's TDP
(thermal design power: the heat, in watts, that its cooling is built for), and we share it over the chip's
threads. A virtual machine (a rented slice of a computer) shows a vague name and a few threads of a chip
whose size it hides, so no table helps: then CodeCarbon's convention of 4 W per thread is used.

Neither is a reading of power, so both are assumed and carry a 90 % interval, a factor either way. They are
the processor's watts alone: memory, power supply, screen and the rest of the machine are left out.
"""

import csv
import os
import re
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

    Intel's measure since Haswell (Hackenberg et al. 2015, who examined its server chips; later ones are taken
    to do the same). Before it, and in AMD's chips, a model inside the chip computes the joules from events
    that it counts (Schöne et al. 2021, on Zen 2).

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


_NOISE = re.compile(
    r"\((R|TM|OEM Only)\)|\b(AMD|Intel|CPU|Processor|APU)\b|\b\d+th Gen\b|( 0)? @.*|\b(with |w/|Radeon).*"
    r"|\b(\d+|Dual|Quad|Six|Eight|Twelve|Sixteen)-Cores?\b|[-,]",
    re.IGNORECASE,
)
"""What systems and makers add to a chip's name without its being another chip: trademarks, maker, generation,
clock, graphics, number of cores."""


@cache
def _words(name: str) -> frozenset[str]:
    """Return the words of a processor's name that tell one chip from another, in lower case.

    >>> sorted(_words("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz"))
    ['1165g7', 'core', 'i7']
    """
    return frozenset(_NOISE.sub(" ", name).lower().split())


@cache
def _by_words() -> dict[frozenset[str], list[tuple[str, str]]]:
    rows: dict[frozenset[str], list[tuple[str, str]]] = {}
    for row in _table():
        rows.setdefault(_words(row[0]), []).append(row)
    return rows


def _cells(name: str) -> set[str]:
    """Return the TDPs, as they are written, of the table's rows for this chip: those of that very name, else
    those with the same words, as one more or less (Max, v3, HE) makes another chip."""
    rows = _by_words().get(_words(name), [])
    same = [cell for other, cell in rows if other.lower() == name.lower()]
    return {cell.removesuffix(".0") for cell in same or [cell for _, cell in rows]}


@checked
@cache
def tdp_watts(name: str) -> float | None:
    """Return the TDP of the processor ``name`` in watts, or None when CodeCarbon's table lacks that chip or
    has it with one that is no number above 0 (3.3.2 has ``27.29.5``).

    The row of that very name counts, but for case; without one, all rows of the same words, which must agree.
    Six chips have two rows with two TDPs, such as "A10 Micro-6700T" (4.5 W) and "AMD A10 Micro-6700T" (4 W):
    each of these names has the watts of its row, and any other way to write the chip has none.

    >>> tdp_watts("AMD EPYC 7763 64-Core Processor")
    280.0
    >>> tdp_watts("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz")
    28.0
    >>> tdp_watts("Intel(R) Xeon(R) Processor") is None is tdp_watts("Apple M1 Max")
    True
    """
    cells = _cells(name)
    cell = cells.pop() if len(cells) == 1 else ""
    return float(cell) if re.fullmatch(r"\d+(\.\d+)?", cell) and float(cell) > 0 else None


@checked
def thread_power(
    name: str | None = None, virtual: bool | None = None, threads: Count | None = None
) -> ThreadPower:
    """Return the watts of a busy thread: TDP / threads of a known physical chip, else 4 W by convention.

    Arguments default to this machine's; another chip's ``name`` needs the others too. ``threads`` is the
    number of threads of the one chip.

    >>> thread_power("AMD EPYC 7763 64-Core Processor", virtual=False, threads=128).watts
    2.1875
    >>> thread_power("AMD EPYC 7763 64-Core Processor", virtual=True).source
    "4 W per thread (0.8 to 20 W), as a virtual machine hides its chip's size"
    """
    unsaid = not virtual and (virtual is None or threads is None)
    other = name not in (None, cpu_name()) and unsaid
    refuse(other, f"name is {name!r}: give its threads and virtual too")
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
