"""What some work on this machine's processor cost in energy, three ways side by side.

* **measured**: RAPL (running average power limit), the energy counters inside Intel and AMD chips, which
  Linux shows as files. They count the whole chip. Virtual machines hide them.
* **modelled**: processor seconds that this process used × watts of one busy thread (`a2e.emissions.cpu`).
* **assumed**: all threads at full power for the whole wall time, whatever the work did.

A `Meter` takes all three and reports the best one there is. The way a number was obtained is not its tier:
processor seconds × watts that nobody read is a modelled way to an assumed number. Each way counts the
processor only (`BOUNDARY`).

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

from a2e.emissions.cpu import ThreadPower, is_virtual, rapl_tier, thread_power
from a2e.shapes import Count, NonNegative, Positive, checked
from a2e.training.records import check_energy

RAPL = Path("/sys/class/powercap")
JOULES_PER_KWH = 3.6e6
BOUNDARY = "processor only: without memory, power supply, screen and what the rest of the machine draws"


@checked
@dataclass(frozen=True)
class Reading:
    """Energy of some work: the best of three ways, and the three beside each other.

    ``tier`` is that of the worst input of ``way``: modelling with an assumed wattage is assumed. ``kwh_p05``
    and ``kwh_p95`` are the ends of the 90 % interval, as wide as that of the watts; RAPL's joules have none.
    ``by_way`` maps measured, modelled and assumed to kWh; measured is None where ``not_measured`` says why.
    """

    seconds: NonNegative
    cpu_seconds: NonNegative
    kwh: NonNegative
    kwh_p05: NonNegative
    kwh_p95: NonNegative
    tier: str
    way: str
    method: str
    by_way: dict[str, float | None]
    not_measured: str = ""

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for an unknown tier or way, for a ``kwh`` that is not that of its way or lies
        outside of its interval: for what a run record refuses."""
        check_energy(self.record())

    @property
    def wh(self) -> float:
        """Energy in watt-hours."""
        return self.kwh * 1000

    @property
    def joules(self) -> float:
        """Energy in joules (watt-seconds)."""
        return self.kwh * JOULES_PER_KWH

    def record(self) -> dict[str, object]:
        """Return the ``energy`` entry of a run record: plain numbers and words."""
        fields = ("kwh", "kwh_p05", "kwh_p95", "tier", "way", "method")
        return {name: getattr(self, name) for name in fields} | {"by_way": dict(self.by_way)}


@checked
def three_ways(
    seconds: NonNegative,
    cpu_seconds: NonNegative,
    measured_kwh: NonNegative | None = None,
    power: ThreadPower | None = None,
    threads: Count | None = None,
    not_measured: str = "",
) -> Reading:
    """Return measured, modelled and assumed energy side by side, with the best of them picked.

    ``seconds`` is wall time, ``cpu_seconds`` the processor time summed over threads, ``power`` the watts of
    a busy thread and ``threads`` their number (this machine's by default). A child that ends adds all of its
    processor time at once, so ``cpu_seconds`` may exceed ``seconds`` × ``threads``.

    >>> four = ThreadPower(4.0, 5.0, "assumed", "4 W per thread")
    >>> reading = three_ways(100, 150, power=four, threads=2, not_measured="no counter")
    >>> reading.joules, reading.by_way["assumed"] * JOULES_PER_KWH
    (600.0, 800.0)
    >>> round(reading.kwh_p95 / reading.kwh, 3)
    5.0
    """
    power = thread_power() if power is None else power
    threads = (os.cpu_count() or 1) if threads is None else threads
    modelled = cpu_seconds * power.watts / JOULES_PER_KWH
    assumed = seconds * threads * power.watts / JOULES_PER_KWH
    by_way = {"measured": measured_kwh, "modelled": modelled, "assumed": assumed}
    if measured_kwh is not None:
        ends, tier = (measured_kwh, measured_kwh), rapl_tier()
        method = "measured by RAPL, whole chip" + (
            "" if tier == "measured" else " (computed inside the chip)"
        )
        return Reading(seconds, cpu_seconds, measured_kwh, *ends, tier, "measured", method, by_way)
    ends = modelled / power.factor, modelled * power.factor
    method = f"modelled as CPU time × watts per thread ({power.source})"
    return Reading(
        seconds, cpu_seconds, modelled, *ends, power.tier, "modelled", method, by_way, not_measured
    )


class Rapl:
    """Joules counted by RAPL since the counter was made, over all chips of the machine.

    A counter runs up to ``max_energy_range_uj`` and wraps around to 0: a smaller reading than before means
    one overflow. At full power one comes every few tens of minutes, so call `update` more often than that.
    """

    @checked
    def __init__(self, root: Path = RAPL) -> None:
        """Find the readable package counters under ``root``; ``reason`` says why there are none."""
        self.files: list[Path] = []
        self.joules, self.reason = 0.0, ""
        try:
            self._find(root)
            self.last = self._read()
        except (OSError, ValueError) as error:
            self._give_up(error)

    def _find(self, root: Path) -> None:
        zones = [zone for zone in sorted(root.glob("intel-rapl:*")) if zone.name.count(":") == 1]
        chips = [zone for zone in zones if (zone / "name").read_text().startswith("package")]
        files = [zone / "energy_uj" for zone in chips]
        if not chips:
            self.reason = f"no RAPL energy counter under {root}" + (
                ", because this is a virtual machine" if is_virtual() else ""
            )
        elif all(os.access(file, os.R_OK) for file in files):
            self.files = files
        else:
            self.reason = f"RAPL counters under {root} may be read by root only"

    def _read(self) -> list[int]:
        return [int(file.read_text()) for file in self.files]

    def update(self) -> float:
        """Add what the counters gained since the last call and return the joules so far.

        A counter that cannot be read ends the measurement: ``files`` is then empty, ``reason`` says why.
        """
        try:
            now = self._read()
            for file, before, after in zip(self.files, self.last, now, strict=True):
                overflow = int((file.parent / "max_energy_range_uj").read_text()) if after < before else 0
                self.joules += (after - before + overflow) / 1e6
            self.last = now
        except (OSError, ValueError) as error:
            self._give_up(error)
        return self.joules

    def _give_up(self, error: Exception) -> None:
        self.files, self.last = [], []
        self.reason = f"a RAPL counter could not be read ({error})"


class Meter:
    """A meter of the work between `start` and `stop`, or inside ``with Meter() as meter:``.

    After the block ``meter.reading`` holds the `Reading`.

    >>> with Meter() as meter:
    ...     total = sum(range(1000))
    >>> meter.reading.kwh >= 0
    True
    """

    reading: Reading

    @checked
    def __init__(self, rapl: Path = RAPL, every_seconds: Positive = 30.0) -> None:
        """Read RAPL counters under ``rapl`` where there are any, at least each ``every_seconds``."""
        self.rapl_root, self.every_seconds = rapl, every_seconds
        self._rapl: Rapl | None = None

    def start(self) -> "Meter":
        """Note the time, the processor time and the counters; a running meter starts anew."""
        rapl = Rapl(self.rapl_root)  # before the last run's ends, so that what fails here leaves it running
        if self._rapl is not None:
            self._end_watch()
        self._rapl = rapl
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, args=(self._rapl, self._done), daemon=True)
        if self._rapl.files:
            self._watcher.start()
        self._start = time.perf_counter(), _cpu_seconds()
        return self

    def _watch(self, rapl: Rapl, done: threading.Event) -> None:
        """Read the counters often enough that none overflows twice between two readings."""
        while not done.wait(self.every_seconds):
            rapl.update()

    def _end_watch(self) -> None:
        self._done.set()
        if self._watcher.is_alive():
            self._watcher.join()

    def stop(self) -> Reading:
        """Return the `Reading` since `start`; ``ValueError`` when the meter was not started."""
        if self._rapl is None:
            raise ValueError("meter is not running: call start() first")
        seconds, cpu_seconds = time.perf_counter() - self._start[0], _cpu_seconds() - self._start[1]
        self._end_watch()
        joules = self._rapl.update()
        measured = joules / JOULES_PER_KWH if self._rapl.files else None
        self.reading = three_ways(seconds, cpu_seconds, measured, not_measured=self._rapl.reason)
        self._rapl = None
        return self.reading

    def __enter__(self) -> "Meter":
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, unless the block did, and keep the reading."""
        if self._rapl is not None:  # else stop's own refusal would hide an error of the block
            self.stop()


def _cpu_seconds() -> float:
    """Return processor seconds of this process, user and system, with all threads and finished children."""
    children = os.times()  # its ticks of 10 ms would make 0 J of a short piece of this process's own work
    return time.process_time() + children.children_user + children.children_system
