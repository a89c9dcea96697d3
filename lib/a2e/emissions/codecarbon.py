"""CodeCarbon, the library that most projects use to read their power, run offline and without files.

It reads RAPL where the machine has it. Where there is none, as on a virtual machine, it models: 4 W per
thread (or the TDP in its table) × (0.1 + 0.9 load³) for the processor, and a fixed number of watts for
memory. `track` says which of the two it did.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from a2e.shapes import NonNegative, Positive, checked


@checked
@dataclass(frozen=True)
class Tracked:
    """What CodeCarbon says of some work; energies in kWh, ``cpu_way`` measured or modelled."""

    seconds: NonNegative
    cpu_kwh: NonNegative
    ram_kwh: NonNegative
    cpu_way: Literal["measured", "modelled"]

    def __str__(self) -> str:
        """One line: joules by part, and how the processor's were obtained."""
        how = {"measured": "read from RAPL", "modelled": "modelled only: this machine has no RAPL counter"}
        return (
            f"CodeCarbon: processor {self.cpu_kwh * 3.6e6:.1f} J ({how[self.cpu_way]}), "
            f"memory {self.ram_kwh * 3.6e6:.1f} J (modelled) in {self.seconds:.1f} s"
        )


@contextlib.contextmanager
def _silent(log: logging.Logger) -> Iterator[None]:
    """Let ``log`` say nothing inside the block, and put back what CodeCarbon changes of it."""
    level, propagate, handlers = log.level, log.propagate, list(log.handlers)
    silent = logging.Filter("nothing")  # set_logger_level resets levels, filters stay
    log.addFilter(silent)
    try:
        yield
    finally:
        log.removeFilter(silent)
        log.setLevel(level)
        log.propagate, log.handlers = propagate, handlers


@checked
def track(work: Callable[[], object], every_seconds: Positive = 0.5) -> Tracked:
    """Run ``work()`` under CodeCarbon's offline tracker: no network, no files, no log lines.

    Its logger, which import and tracker set up anew, is left as it was found.
    Raise what ``work`` raises, and ``RuntimeError`` where CodeCarbon itself failed.

    >>> track(lambda: sum(range(10_000))).cpu_way in ("measured", "modelled")
    True
    """
    with _silent(logging.getLogger("codecarbon")):
        from codecarbon import OfflineEmissionsTracker

        tracker = OfflineEmissionsTracker(
            country_iso_code="USA",
            output_methods=[],
            log_level="critical",
            measure_power_secs=every_seconds,
            allow_multiple_runs=True,
        )
        tracker.start()
        try:
            work()
        finally:
            tracker.stop()
    data = getattr(tracker, "final_emissions_data", None)
    if data is None:  # CodeCarbon swallows its own errors
        raise RuntimeError("final_emissions_data is None: run CodeCarbon with log_level='debug' to see why")
    modes = [getattr(part, "_mode", "") for part in tracker._hardware]
    way: Literal["measured", "modelled"] = "measured" if "intel_rapl" in modes else "modelled"
    return Tracked(data.duration, data.cpu_energy, data.ram_energy, way)
