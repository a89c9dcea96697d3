"""The first and the last cell of a page: ``page = a2e.page.start("part/page")`` and ``page.close()``.

``start`` makes a page repeatable (seed, threads, plot style) and starts a meter; ``close`` says what running
the page cost: seconds, peak memory, energy with the way it was obtained, and grams of CO2e.
"""

import difflib
import html
import random
from dataclasses import asdict, dataclass

from a2e.emissions import grid
from a2e.emissions.meter import Meter, Reading
from a2e.machine import peak_memory_mb
from a2e.paths import CHAPTERS
from a2e.shapes import Natural, NonNegative, checked, refuse

THREADS = 2


@dataclass(frozen=True)
class Cost:
    """What one run of a page cost, by the processor alone.

    ``tier`` is that of the energy. ``carbon_g`` is at the world's average. That average is modelled; that it
    is the reader's is assumed, as nobody asked where the page runs.
    """

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
            f"and {self.energy_wh:.2g} Wh of the processor ({way}), which is "
            f"{self.carbon_g:.2g} g CO2e at {self.intensity_g_per_kwh:.0f} g/kWh "
            "(the world's average, assumed, as the place is unknown)."
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

        Raise ``ValueError`` if called twice.
        """
        from IPython.display import display

        refuse(self.closed, f"page is {self.name!r}, closed already: call page.close() in the last cell only")
        self.closed = True
        cost = cost_of(self.name, self.meter.stop(), peak_memory_mb())
        line = f'<p class="a2e-cost">{html.escape(str(cost))}</p>'
        display({"text/plain": str(cost), "text/html": line}, metadata={"a2e": asdict(cost)}, raw=True)


@checked
def start(name: str, torch: bool = True) -> Page:
    """Prepare the page ``name`` ("transformer/attention"): seed 0, two threads, plot style, meter.

    ``torch=False`` is for a page that never imports torch: it saves the three seconds of importing it.
    Raise ``ValueError`` if ``name`` is not a page's path in ``chapters/`` without its ending (where the
    library was installed without the pages, any name will do).
    """
    pages = sorted(
        path.relative_to(CHAPTERS).with_suffix("").as_posix() for path in CHAPTERS.rglob("*.ipynb")
    )
    if pages and name not in pages:
        near = difflib.get_close_matches(name, pages, n=3, cutoff=0.4) or pages[:3]
        raise ValueError(f"name is {name!r}: give a page's path in chapters/, such as {', '.join(near)}")
    seed(0, torch)
    from a2e import plots

    plots.style()
    return Page(name)


@checked
def seed(value: Natural, torch: bool = True) -> None:
    """Seed Python, NumPy and (unless told not to) torch, and hold torch to two threads, so that runs repeat
    on any number of cores."""
    import numpy

    refuse(value >= 2**32, f"value is {value}: give one below 2**32, as NumPy takes no larger seed")
    random.seed(value)
    numpy.random.seed(value)
    if torch:
        from torch import manual_seed, set_num_threads

        manual_seed(value)
        set_num_threads(THREADS)


@checked
def cost_of(name: str, reading: Reading, memory_mb: NonNegative) -> Cost:
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
