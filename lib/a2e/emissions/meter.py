"""What a stretch of work on this machine's processor cost in energy, three ways side by side.

* **measured**: RAPL (running average power limit), the energy counters inside Intel and AMD chips, which
  Linux shows as files. They count the whole chip. Virtual machines hide them.
* **modelled**: processor seconds that this process used × watts of one busy thread (`a2e.emissions.cpu`).
* **assumed**: all threads at full power for the whole wall time, whatever the work did.

A `Meter` takes all three and reports the best one there is, with its tier: that of the worst number in it.

>>> reading = Meter(rapl=Path("/nowhere")).start().stop()
>>> reading.way, reading.by_way["measured"]
('modelled', None)
"""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from a2e.emissions.cpu import ThreadPower, is_virtual, thread_power

RAPL = Path("/sys/class/powercap")
JOULES_PER_KWH = 3.6e6
WAYS = ("measured", "modelled", "assumed")


@dataclass(frozen=True)
class Reading:
    """Energy of a stretch of work: the best of three ways, and the three beside each other.

    ``tier`` is that of the worst input of ``way``: modelling with an assumed wattage is assumed.
    ``by_way`` maps measured, modelled and assumed to kWh; measured is None where ``not_measured`` says why.
    """

    seconds: float
    cpu_seconds: float
    kwh: float
    tier: str
    way: str
    method: str
    by_way: dict[str, float | None]
    not_measured: str = ""

    @property
    def wh(self) -> float:
        """Energy in watt-hours."""
        return self.kwh * 1000

    @property
    def joules(self) -> float:
        """Energy in joules (watt-seconds)."""
        return self.kwh * JOULES_PER_KWH

    def record(self) -> dict[str, object]:
        """The ``energy`` entry of a run record: plain numbers and words."""
        return {"kwh": self.kwh, "tier": self.tier, "method": self.method, "by_tier": dict(self.by_way)}


def three_ways(
    seconds: float,
    cpu_seconds: float,
    measured_kwh: float | None = None,
    power: ThreadPower | None = None,
    threads: int | None = None,
    not_measured: str = "",
) -> Reading:
    """Puts measured, modelled and assumed energy side by side and picks the best.

    ``seconds`` is wall time, ``cpu_seconds`` the processor time summed over threads, ``power`` the watts of
    a busy thread and ``threads`` their number (this machine's by default).

    >>> four = ThreadPower(4.0, "assumed", "4 W per thread")
    >>> reading = three_ways(100, 150, power=four, threads=2, not_measured="no counter")
    >>> reading.joules, reading.by_way["assumed"] * JOULES_PER_KWH
    (600.0, 800.0)
    """
    given = {"seconds": seconds, "cpu_seconds": cpu_seconds, "measured_kwh": measured_kwh or 0.0}
    for name, value in given.items():
        if not 0 <= value < float("inf"):
            raise ValueError(f"{name}={value} must be a finite number of at least 0")
    power = thread_power() if power is None else power
    threads = (os.cpu_count() or 1) if threads is None else threads
    if threads < 1:
        raise ValueError(f"threads={threads} must be at least 1")
    modelled = cpu_seconds * power.watts / JOULES_PER_KWH
    assumed = seconds * threads * power.watts / JOULES_PER_KWH
    by_way = {"measured": measured_kwh, "modelled": modelled, "assumed": assumed}
    if measured_kwh is not None:
        method = "measured by RAPL, whole chip"
        return Reading(seconds, cpu_seconds, measured_kwh, "measured", "measured", method, by_way)
    method = f"modelled as CPU time × watts per thread ({power.source})"
    return Reading(seconds, cpu_seconds, modelled, power.tier, "modelled", method, by_way, not_measured)


class Rapl:
    """Joules counted by RAPL since the counter was made, over all chips of the machine.

    A counter runs up to ``max_energy_range_uj`` and starts again at 0: a smaller reading than before
    means one lap. A chip at full power laps in some tens of minutes, so `update` must be called oftener.
    """

    def __init__(self, root: Path = RAPL) -> None:
        """Finds the readable package counters under ``root``; ``reason`` says why there are none."""
        zones = [zone for zone in sorted(root.glob("intel-rapl:*")) if zone.name.count(":") == 1]
        chips = [zone for zone in zones if (zone / "name").read_text().startswith("package")]
        self.files = [zone / "energy_uj" for zone in chips if os.access(zone / "energy_uj", os.R_OK)]
        self.reason = ""
        if not chips:
            self.reason = f"no RAPL energy counter under {root}" + (
                ", because this is a virtual machine" if is_virtual() else ""
            )
        elif len(self.files) < len(chips):
            self.reason = f"RAPL counters under {root} may be read by root only"
            self.files = []
        self.joules = 0.0
        self.last = self._read()

    def _read(self) -> list[int]:
        return [int(file.read_text()) for file in self.files]

    def update(self) -> float:
        """Adds what the counters gained since the last call and returns the joules so far."""
        now = self._read()
        for file, before, after in zip(self.files, self.last, now, strict=True):
            lap = int((file.parent / "max_energy_range_uj").read_text()) if after < before else 0
            self.joules += (after - before + lap) / 1e6
        self.last = now
        return self.joules


class Meter:
    """Meters the work between `start` and `stop`, or inside ``with Meter() as meter:``.

    After the block ``meter.reading`` holds the `Reading`.

    >>> with Meter() as meter:
    ...     total = sum(range(1000))
    >>> meter.reading.kwh >= 0
    True
    """

    reading: Reading

    def __init__(self, rapl: Path = RAPL, every_seconds: float = 30.0) -> None:
        """Reads RAPL counters under ``rapl`` where there are any, at least each ``every_seconds``."""
        if not every_seconds > 0:
            raise ValueError(f"every_seconds={every_seconds} must be above 0")
        self.rapl_root, self.every_seconds = rapl, every_seconds
        self._rapl: Rapl | None = None

    def start(self) -> "Meter":
        """Notes the time, the processor time and the counters."""
        self._rapl = Rapl(self.rapl_root)
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, args=(self._rapl, self._done), daemon=True)
        if self._rapl.files:
            self._watcher.start()
        self._start = time.perf_counter(), _cpu_seconds()
        return self

    def _watch(self, rapl: Rapl, done: threading.Event) -> None:
        """Reads the counters often enough that none laps twice between two readings."""
        while not done.wait(self.every_seconds):
            rapl.update()

    def stop(self) -> Reading:
        """The `Reading` since `start`; ValueError when the meter was not started."""
        if self._rapl is None:
            raise ValueError("Meter.stop() was called before start(): call start() first")
        seconds, cpu_seconds = time.perf_counter() - self._start[0], _cpu_seconds() - self._start[1]
        self._done.set()
        if self._watcher.is_alive():
            self._watcher.join()
        measured = self._rapl.update() / JOULES_PER_KWH if self._rapl.files else None
        self.reading = three_ways(seconds, cpu_seconds, measured, not_measured=self._rapl.reason)
        self._rapl = None
        return self.reading

    def __enter__(self) -> "Meter":
        """Starts."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops and keeps the reading."""
        self.stop()


def _cpu_seconds() -> float:
    """Processor seconds of this process, all its threads and its finished children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
