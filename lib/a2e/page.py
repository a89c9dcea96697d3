"""The first and the last cell of a page: ``page = a2e.page.start("part/page")`` and ``page.close()``.

``start`` makes a page repeatable (seed, threads, plot style) and starts a meter; ``close`` says what running
the page cost: seconds, peak memory, energy with the way it was obtained, and grams of CO2e.
"""

import html
import random
import re
import resource
import sys
from dataclasses import asdict, dataclass

from a2e.emissions import grid
from a2e.emissions.meter import Meter, Reading

THREADS = 2


@dataclass(frozen=True)
class Cost:
    """What one run of a page cost; ``tier`` is that of the energy, ``carbon_g`` rests on an assumed place."""

    page: str
    seconds: float
    peak_memory_mb: float
    energy_wh: float
    energy_method: str
    way: str
    tier: str
    carbon_g: float
    intensity_g_per_kwh: float

    def __str__(self) -> str:
        """One line for the reader."""
        way = self.way if self.way == self.tier else f"{self.way}, from {self.tier} inputs"
        return (
            f"Running this page took {self.seconds:.1f} s, {self.peak_memory_mb:.0f} MB of peak memory "
            f"and {self.energy_wh:.2g} Wh ({way}), which is "
            f"{self.carbon_g:.2g} g CO2e at {self.intensity_g_per_kwh:.0f} g/kWh (world average, assumed)."
        )


class Page:
    """A page that is running; :func:`start` makes it."""

    def __init__(self, name: str) -> None:
        """Start the meter of the page ``name``."""
        self.name = name
        self.meter = Meter()
        self.closed = False
        self.meter.start()

    def close(self) -> None:
        """Stop the meter and display the page's cost in one line, with the numbers in the output's metadata.

        Raises ``ValueError`` if called twice.
        """
        from IPython.display import display

        if self.closed:
            raise ValueError(f"page {self.name!r} is closed already; call page.close() in the last cell only")
        self.closed = True
        cost = cost_of(self.name, self.meter.stop(), peak_memory_mb())
        line = f'<p class="a2e-cost">{html.escape(str(cost))}</p>'
        display({"text/plain": str(cost), "text/html": line}, metadata={"a2e": asdict(cost)}, raw=True)


def start(name: str) -> Page:
    """Prepare the page ``name`` ("transformer/attention"): seed 0, two threads, plot style, meter.

    Torch is not imported for the pages of emissions, which need none. Raises ``ValueError`` if ``name`` is
    not a page's path in ``chapters/`` without its ending.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9-]+(/[a-z0-9-]+)?", name):
        raise ValueError(f"name is {name!r}; give its path in chapters/ such as 'transformer/attention'")
    seed(0, torch_too=not name.startswith("emissions/"))
    from a2e import plots

    plots.style()
    return Page(name)


def seed(value: int, torch_too: bool = True) -> None:
    """Seed Python, NumPy and torch, and hold torch to two threads, so that runs repeat on any number of
    cores."""
    import numpy

    random.seed(value)
    numpy.random.seed(value)
    if not torch_too and "torch" not in sys.modules:
        return
    import torch

    torch.manual_seed(value)
    torch.set_num_threads(THREADS)


def cost_of(name: str, reading: Reading, memory_mb: float) -> Cost:
    """Return the cost of a page from its meter's reading, at the world's average carbon intensity
    (assumed)."""
    intensity = grid.grams_per_kwh("world")
    return Cost(
        page=name,
        seconds=round(reading.seconds, 2),
        peak_memory_mb=round(memory_mb),
        energy_wh=float(f"{reading.kwh * 1000:.3g}"),
        energy_method=reading.method,
        way=reading.way,
        tier=reading.tier,
        carbon_g=float(f"{reading.kwh * intensity:.3g}"),
        intensity_g_per_kwh=round(intensity, 1),
    )


def peak_memory_mb() -> float:
    """Return the largest resident memory that this process has had, in MB (10^6 bytes).

    >>> 10 < peak_memory_mb() < 1_000_000
    True
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
