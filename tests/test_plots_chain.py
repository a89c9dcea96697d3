"""The drawn chain of the intro and the README."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from a2e import plots_chain
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation

PHONE_PIXELS = 343
LIKE = 0.005
"""The most that a tile of two pictures may differ in the mean, of colors from 0 to 1.

Matplotlib brings its own font, so that machines differ in the rounding of edges alone: with a point more or
less in a curve, a tile differs by 0.001. The least that one sees is 0.007 for an arrow that starts a point
late and 0.017 for a mark of the clock left out, while the mean over the whole picture stays at 0.00002.
"""


@pytest.fixture
def labels() -> list:
    """The texts of the picture and where they lie, in pixels of a phone's screen."""
    figure = plots_chain.chain()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    shrink = PHONE_PIXELS / (figure.get_size_inches()[0] * figure.dpi)
    boxes = [
        (text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in figure.axes[0].texts
    ]
    return [(text, box.x0 * shrink, box.x1 * shrink, box.height * shrink) for text, box in boxes if text]


def test_property_all_links_are_labelled_in_order(labels):
    assert " ".join(text for text, *_ in labels) == " ".join(
        label.replace("\n", " ") for label, _ in plots_chain.LINKS
    )


def test_property_labels_are_readable_on_a_phone(labels):
    points = plots_chain.LABEL_POINTS * PHONE_PIXELS / (plots_chain.WIDTH * 72)
    assert points >= 11
    for _, left, right, _ in labels:
        assert left >= 0 and right <= PHONE_PIXELS
    upper = [(left, right) for _, left, right, _ in labels[:5]]
    lower = [(left, right) for _, left, right, _ in labels[6:]]
    for row in (upper, lower):
        assert all(right + 4 <= left for (_, right), (left, _) in itertools.pairwise(row))


def test_equivalence_committed_picture_is_what_the_code_draws(tmp_path: Path):
    fresh = matplotlib.image.imread(plots_chain.write(tmp_path / "chain.png"))
    committed = matplotlib.image.imread(plots_chain.PICTURE)
    assert fresh.shape == committed.shape, "run python -m a2e.plots_chain"
    assert unlike(fresh, committed).max() < LIKE, "run python -m a2e.plots_chain"


def unlike(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how much two pictures (750, 1280, 4) differ in each of 25 × 40 tiles, 30 × 32 pixels each.

    Half the resolution first: what rounding shifts by a part of a pixel then nearly cancels.
    """
    half = [picture[..., :3].reshape(375, 2, 640, 2, 3).mean(axis=(1, 3)) for picture in (one, other)]
    return np.abs(half[0] - half[1]).reshape(25, 15, 40, 16, 3).mean(axis=(1, 3, 4))


def drawn(change: Callable[[Figure], object]) -> np.ndarray:
    """Return the picture of the chain after a change, as it would be written."""
    figure = plots_chain.chain()
    change(figure)
    figure.set_dpi(200)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()) / 255


def shape(link: str, number: int, kind: str = "patches") -> Callable[[Figure], Any]:
    """Return a function that finds one shape of a link's drawing."""
    place = [label for label, _ in plots_chain.LINKS].index(link)
    return lambda figure: getattr(figure.axes[place + 1], kind)[number]


def arrow(figure: Figure) -> Any:
    """Return the head of the arrow behind the first card."""
    return next(text for text in figure.axes[0].texts if isinstance(text, Annotation))


LITTLE = {
    "nothing": lambda figure: None,
    "a circle moved": lambda figure: shape("objective", 0)(figure).set_center((0.46, 0.36)),
    "a circle smaller": lambda figure: shape("g CO$_2$e", 0)(figure).set_radius(0.13),
    "a square moved": lambda figure: shape("FLOPs", 4)(figure).set_x(0.21),
    "a square left out": lambda figure: shape("tokens", 8)(figure).remove(),
    "a square of another color": lambda figure: shape("attention", 6)(figure).set_alpha(0.3),
    "a thinner line": lambda figure: shape("text", 5, "lines")(figure).set_linewidth(3),
    "a line left out": lambda figure: shape("seconds", 4, "lines")(figure).remove(),
    "a shorter hand of the clock": lambda figure: shape("seconds", 12, "lines")(figure).set_ydata(
        [0.7, 0.5, 0.42]
    ),
    "a smaller head of an arrow": lambda figure: arrow(figure).arrowprops.update(mutation_scale=10),
    "an arrow left out": lambda figure: arrow(figure).remove(),
}


@pytest.mark.parametrize("name", LITTLE)
def test_property_a_tile_sees_each_shape(name: str):
    committed = matplotlib.image.imread(plots_chain.PICTURE)
    assert (unlike(drawn(LITTLE[name]), committed).max() < LIKE) == (name == "nothing")
