"""The course in one picture: ten links from text to grams of CO2e.

The upper row is what a model computes and learns, the lower row what that costs. The intro and the README
show the same picture; ``python -m a2e.plots_chain`` writes it to ``book/chain.png``.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Polygon, Rectangle

from a2e.paths import ROOT
from a2e.plots import COLORS, style
from a2e.shapes import checked

PICTURE = ROOT / "book" / "chain.png"
WIDTH, HEIGHT = 6.4, 3.75  # inches; a label of 15 points stays readable when the picture is 350 pixels wide
LABEL_POINTS = 15
CARD = 0.92  # inches
PITCH = 1.25  # inches from card to card
ROWS = (2.73, 0.5)  # lower edge of the cards of each row, in inches
PALE = {"blue": "#E8F1F8", "orange": "#FBEEE6"}


def text(axes: Axes, color: str) -> None:
    """Lines of writing, one word of them marked."""
    for height, length in zip((0.82, 0.66, 0.5, 0.34, 0.18), (0.8, 0.68, 0.8, 0.74, 0.4), strict=True):
        axes.plot([0.1, 0.1 + length], [height, height], color=COLORS["grey"], lw=2.6, solid_capstyle="round")
    axes.plot([0.42, 0.64], [0.5, 0.5], color=color, lw=4, solid_capstyle="round")


def tokens(axes: Axes, color: str) -> None:
    """The same lines, cut into pieces of unequal length."""
    for row, cuts in enumerate(((0.3, 0.22, 0.26), (0.16, 0.4, 0.22), (0.36, 0.18, 0.24))):
        left = 0.06
        for piece, width in enumerate(cuts):
            marked = (row, piece) == (1, 1)
            box = FancyBboxPatch(
                (left, 0.68 - 0.27 * row), width, 0.16, boxstyle="round,pad=0,rounding_size=0.05",
                facecolor=color if marked else "white", edgecolor=color, lw=1.5,
            )  # fmt: skip
            axes.add_patch(box)
            left += width + 0.06


def attention(axes: Axes, color: str) -> None:
    """A causal attention matrix: each row sums to one, and near tokens weigh more."""
    size = 5
    distance = np.subtract.outer(np.arange(size), np.arange(size))
    weights = np.where(distance >= 0, np.exp(-0.6 * distance), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    step = 0.8 / size
    for i in range(size):
        for j in range(i + 1):
            corner = (0.1 + j * step, 0.9 - (i + 1) * step)
            axes.add_patch(
                Rectangle(corner, 0.9 * step, 0.9 * step, color=color, alpha=0.15 + 0.85 * weights[i, j])
            )


def objective(axes: Axes, color: str) -> None:
    """The surprise -log p, steep where a probability is small."""
    p = np.linspace(0.05, 1, 60)
    _corner(axes)
    axes.plot(0.14 + 0.74 * p, 0.14 + 0.24 * -np.log(p), color=color, lw=2.6)
    axes.add_patch(Circle((0.14 + 0.74 * 0.4, 0.14 + 0.24 * -np.log(0.4)), 0.055, color=color))


def model(axes: Axes, color: str) -> None:
    """A loss that falls as the model learns."""
    step = np.linspace(0, 1, 60)
    wiggle = 0.025 * np.sin(40 * step) * (1 - step)
    _corner(axes)
    axes.plot(0.17 + 0.72 * step, 0.24 + 0.58 * np.exp(-4 * step) + wiggle, color=color, lw=2.6)


def flops(axes: Axes, color: str) -> None:
    """A row times a column, the work that is counted."""
    for left, marked in ((0.06, lambda i, j: i == 1), (0.54, lambda i, j: j == 1)):
        for i in range(3):
            for j in range(3):
                face = color if marked(i, j) else "white"
                corner = (left + 0.135 * j, 0.57 - 0.135 * i)
                axes.add_patch(Rectangle(corner, 0.12, 0.12, facecolor=face, edgecolor=color, lw=1))


def seconds(axes: Axes, color: str) -> None:
    """A clock."""
    axes.add_patch(Circle((0.5, 0.5), 0.38, facecolor="white", edgecolor=color, lw=2.6))
    for angle in np.arange(12) * np.pi / 6:
        way = np.array([np.sin(angle), np.cos(angle)])
        axes.plot(*np.stack([0.5 + 0.3 * way, 0.5 + 0.34 * way], axis=1), color=COLORS["grey"], lw=1.2)
    axes.plot([0.5, 0.5, 0.66], [0.76, 0.5, 0.42], color=color, lw=2.6, solid_capstyle="round")


def joules(axes: Axes, color: str) -> None:
    """Power over time: energy is the area under it."""
    time = np.linspace(0, 1, 80)
    power = 0.5 * (1 / (1 + np.exp(-40 * (time - 0.15))) - 1 / (1 + np.exp(-40 * (time - 0.85)))) + 0.06
    _corner(axes)
    axes.fill_between(0.16 + 0.74 * time, 0.12, 0.14 + power, color=color, alpha=0.35, lw=0)
    axes.plot(0.16 + 0.74 * time, 0.14 + power, color=color, lw=2.6)


def kilowatt_hours(axes: Axes, color: str) -> None:
    """An electricity meter with its bolt."""
    case = FancyBboxPatch(
        (0.17, 0.12), 0.66, 0.76, boxstyle="round,pad=0,rounding_size=0.1",
        facecolor="white", edgecolor=color, lw=2.6,
    )  # fmt: skip
    axes.add_patch(case)
    for digit in range(4):
        corner = (0.255 + 0.125 * digit, 0.64)
        axes.add_patch(Rectangle(corner, 0.105, 0.14, facecolor="white", edgecolor=COLORS["grey"], lw=1.2))
    bolt = [(0.55, 0.56), (0.37, 0.35), (0.49, 0.35), (0.44, 0.17), (0.63, 0.41), (0.51, 0.41)]
    axes.add_patch(Polygon(bolt, color=color))


def grams(axes: Axes, color: str) -> None:
    """A cloud."""
    for x, y, radius in ((0.27, 0.42, 0.16), (0.47, 0.54, 0.24), (0.7, 0.45, 0.19)):
        axes.add_patch(Circle((x, y), radius, color=color, lw=0))
    axes.add_patch(Rectangle((0.27, 0.26), 0.43, 0.2, color=color, lw=0))


def _corner(axes: Axes) -> None:
    """Draw the two axes of a small chart."""
    axes.plot([0.12, 0.12, 0.92], [0.92, 0.12, 0.12], color=COLORS["grey"], lw=1.4, solid_capstyle="round")


LINKS: tuple[tuple[str, Callable[[Axes, str], None]], ...] = (
    ("text", text),
    ("tokens", tokens),
    ("attention", attention),
    ("objective", objective),
    ("trained\nmodel", model),
    ("FLOPs", flops),
    ("seconds", seconds),
    ("joules", joules),
    ("kWh", kilowatt_hours),
    ("g CO$_2$e", grams),
)
"""Label and drawing of each link, in the order of the course."""


def chain() -> Figure:
    """Draw the chain of :data:`LINKS` in two rows of five, upper row learning, lower row cost.

    >>> figure = chain()
    >>> len(figure.axes) - 1, figure.get_size_inches().tolist()
    (10, [6.4, 3.75])
    """
    style()
    figure = Figure(figsize=(WIDTH, HEIGHT))
    figure.set_layout_engine("none")
    sheet = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
    sheet.set_axis_off()
    margin = (WIDTH - 4 * PITCH - CARD) / 2
    for number, (label, draw) in enumerate(LINKS):
        row, column = divmod(number, 5)
        left, bottom = margin + PITCH * column, ROWS[row]
        name = ("blue", "orange")[row]
        _card(sheet, left, bottom, label, name)
        inset = figure.add_axes((left / WIDTH, bottom / HEIGHT, CARD / WIDTH, CARD / HEIGHT))
        inset.set(xlim=(0, 1), ylim=(0, 1))
        inset.set_axis_off()
        draw(inset, COLORS[name])
        if column < 4:
            _arrow(sheet, [(left + CARD + 0.06, bottom + CARD / 2), (left + PITCH - 0.05, bottom + CARD / 2)])
    first, last = margin + CARD / 2, margin + 4 * PITCH + CARD / 2
    lane = (ROWS[0] + ROWS[1] + CARD) / 2 - 0.22
    _arrow(sheet, [(last, ROWS[0] - 0.58), (last, lane), (first, lane), (first, ROWS[1] + CARD + 0.04)])
    return figure


def _card(sheet: Axes, left: float, bottom: float, label: str, color: str) -> None:
    """Draw the pale square of one link and its label underneath."""
    card = FancyBboxPatch(
        (left, bottom), CARD, CARD, boxstyle="round,pad=0,rounding_size=0.12", facecolor=PALE[color], lw=0
    )
    sheet.add_patch(card)
    for number, line in enumerate(label.split("\n")):
        baseline = bottom - 0.26 - 0.22 * number
        sheet.text(left + CARD / 2, baseline, line, ha="center", va="baseline", fontsize=LABEL_POINTS)


def _arrow(sheet: Axes, points: list[tuple[float, float]]) -> None:
    """Draw a line through ``points`` with a head at its end."""
    xs, ys = zip(*points[:-1], strict=True)
    sheet.plot([*xs, points[-2][0]], [*ys, points[-2][1]], color=COLORS["grey"], lw=1.6)
    sheet.annotate(
        "", points[-1], points[-2],
        arrowprops={"arrowstyle": "-|>", "color": COLORS["grey"], "lw": 1.6, "shrinkA": 0, "shrinkB": 0,
                    "mutation_scale": 11, "joinstyle": "miter"},
    )  # fmt: skip


@checked
def write(path: Path = PICTURE) -> Path:
    """Save the chain as a PNG at ``path`` and return the path. The same code writes the same bytes."""
    chain().savefig(path, dpi=200, metadata={"Software": None})
    return path


if __name__ == "__main__":
    print(write())
