"""What this machine says of itself, for records, meters and pages: processor, accelerator, memory."""

import os
import platform
import re
import resource
import subprocess
import sys
from functools import cache
from pathlib import Path

from a2e.shapes import checked

CPUINFO = Path("/proc/cpuinfo")
STATUS = Path("/proc/self/status")


@cache
def cpuinfo() -> str:
    """Return the text of ``/proc/cpuinfo``, empty where there is none (macOS)."""
    return CPUINFO.read_text(encoding="utf-8") if CPUINFO.is_file() else ""


@checked
def cpu_name(text: str | None = None) -> str:
    """Return the processor's name from the text of ``/proc/cpuinfo`` (this machine's by default).

    >>> cpu_name("model name\\t: AMD EPYC 7763 64-Core Processor\\n")
    'AMD EPYC 7763 64-Core Processor'
    """
    if text is None and platform.system() == "Darwin":
        asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo() if text is None else text, re.MULTILINE)
    return found.group(1).strip() if found else platform.processor() or platform.machine()


def accelerator() -> str | None:
    """Return the name of the accelerator that a loaded torch can use, such as "2 × NVIDIA H100 80GB HBM3".

    None on a plain CPU, and where torch is not loaded: a run that did without torch used no accelerator.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    if torch.cuda.is_available():
        count, name = torch.cuda.device_count(), str(torch.cuda.get_device_name(0))
        return f"{count} × {name}" if count > 1 else name
    return "Apple GPU (MPS)" if torch.backends.mps.is_available() else None


def ram_gb() -> int:
    """Return this machine's memory in GB (10^9 bytes)."""
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)


def peak_memory_mb() -> float:
    """Return the largest resident memory that this process has had, in MB (10^6 bytes).

    Linux carries the figure of ``getrusage`` over from the process that started this one, so there the
    process's own high-water mark (VmHWM) is read.

    >>> 10 < peak_memory_mb() < 1_000_000
    True
    """
    if STATUS.is_file():
        return _high_water_mb(STATUS.read_text(encoding="utf-8"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # macOS counts bytes


def _high_water_mb(status: str) -> float:
    """Return VmHWM, printed in kB of 1,024 bytes, from the text of ``/proc/self/status``.

    >>> _high_water_mb("Name:\\tpython\\nVmHWM:\\t    1000 kB\\n")
    1.024
    """
    found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise ValueError(f"status is {status[:40]!r}…: give a text with a line VmHWM")
    return int(found.group(1)) * 1024 / 1e6
