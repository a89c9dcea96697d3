"""The drawn chain of the intro and the README."""

import itertools
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from a2e import plots_chain
from matplotlib.backends.backend_agg import FigureCanvasAgg

PHONE_PIXELS = 343


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
    assert np.abs(fresh - committed).mean() < 0.002, "run python -m a2e.plots_chain"
