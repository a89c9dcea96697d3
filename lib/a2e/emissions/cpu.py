"""How many watts one busy processor thread draws, as well as this machine lets us know.

A physical machine names its processor; CodeCarbon's table of 4,900 processors gives that chip's TDP
(thermal design power: the heat, in watts, that its cooling is built for), and we share it over the chip's
threads. A virtual machine (a rented slice of a computer) shows a vague name and a few threads of a chip
whose size it hides, so no table helps: then CodeCarbon's convention of 4 W per thread is used, and the
result says that it is assumed.
"""

import csv
import os
import re
from dataclasses import dataclass
from functools import cache

from a2e.emissions.packages import data_file, version
from a2e.machine import cpu_name, cpuinfo

FALLBACK_WATTS_PER_THREAD = 4.0  # codecarbon/core/cpu.py, DEFAULT_POWER_PER_CORE


@dataclass(frozen=True)
class ThreadPower:
    """Watts drawn by one busy thread, with the tier of that number and where it comes from."""

    watts: float
    tier: str
    source: str

    def __post_init__(self) -> None:
        if not 0 < self.watts < float("inf"):
            raise ValueError(f"watts={self.watts} must be a finite number above 0")


def is_virtual(text: str | None = None) -> bool:
    """Whether the processor reports a hypervisor, so that this machine is a slice of a larger one.

    >>> is_virtual("flags\\t: fpu hypervisor avx2"), is_virtual("flags\\t: fpu avx2")
    (True, False)
    """
    found = re.search(r"^flags\s*:\s*(.+)$", cpuinfo() if text is None else text, re.MULTILINE)
    return found is not None and "hypervisor" in found.group(1).split()


def _chips() -> int:
    """How many processor chips (sockets) this machine has."""
    return len(set(re.findall(r"^physical id\s*:\s*(\d+)$", cpuinfo(), re.MULTILINE))) or 1


@cache
def _table() -> dict[str, float]:
    """TDP in watts by normalised processor name, from CodeCarbon's ``cpu_power.csv``.

    A cell that is no number above 0 (3.3.2 has ``27.29.5``) is left out: its chip counts as unknown.
    """
    with data_file("codecarbon", "data/hardware/cpu_power.csv").open(encoding="utf-8") as file:
        rows = [(_normal(row["Name"]), row["TDP"]) for row in csv.DictReader(file)]
    return {name: float(tdp) for name, tdp in rows if re.fullmatch(r"\d+(\.\d+)?", tdp) and float(tdp) > 0}


def _normal(name: str) -> str:
    """A processor's name without trademarks, clock and core count, in lower case."""
    name = re.sub(r"\((R|TM)\)|\bCPU\b|\bProcessor\b|\b\d+-Core\b|@.*$", " ", name, flags=re.IGNORECASE)
    return " ".join(name.lower().split())


def tdp_watts(name: str) -> float | None:
    """TDP of the processor ``name`` in watts, or None when CodeCarbon's table does not have it.

    >>> tdp_watts("AMD EPYC 7763 64-Core Processor")
    280.0
    >>> tdp_watts("Intel(R) Xeon(R) Processor") is None
    True
    """
    return _table().get(_normal(name))


def thread_power(
    name: str | None = None, virtual: bool | None = None, threads: int | None = None
) -> ThreadPower:
    """Watts per busy thread: TDP / threads of a known physical chip, else 4 W by convention.

    Arguments default to this machine's. ``threads`` is the number of threads of the one chip.

    >>> thread_power("AMD EPYC 7763 64-Core Processor", virtual=False, threads=128).watts
    2.1875
    >>> thread_power("AMD EPYC 7763 64-Core Processor", virtual=True).tier
    'assumed'
    """
    name = cpu_name() if name is None else name
    virtual = is_virtual() if virtual is None else virtual
    threads = max((os.cpu_count() or 1) // _chips(), 1) if threads is None else threads
    if threads < 1:
        raise ValueError(f"threads={threads} must be at least 1: give the number of threads of the chip")
    tdp = tdp_watts(name)
    if tdp is not None and not virtual:
        source = f"TDP of {name} from codecarbon {version('codecarbon')} cpu_power.csv over {threads} threads"
        return ThreadPower(tdp / threads, "modelled", source)
    why = "a virtual machine hides its chip's size" if virtual else f"no table has {name or 'this processor'}"
    return ThreadPower(
        FALLBACK_WATTS_PER_THREAD, "assumed", f"{FALLBACK_WATTS_PER_THREAD:g} W per thread, as {why}"
    )
