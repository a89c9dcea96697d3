"""What this machine says of its own processor; records and meters read it here."""

import platform
import re
import subprocess
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


@cache
def cpuinfo() -> str:
    """The text of ``/proc/cpuinfo``, empty where there is none (macOS)."""
    return CPUINFO.read_text(encoding="utf-8") if CPUINFO.is_file() else ""


def cpu_name(text: str | None = None) -> str:
    """The processor's name from the text of ``/proc/cpuinfo`` (this machine's by default).

    >>> cpu_name("model name\\t: AMD EPYC 7763 64-Core Processor\\n")
    'AMD EPYC 7763 64-Core Processor'
    """
    if text is None and platform.system() == "Darwin":
        asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo() if text is None else text, re.MULTILINE)
    return found.group(1).strip() if found else platform.processor() or platform.machine()
