"""Draw the logo and the picture of the chain, both committed: ``python -m book.draw``."""

from pathlib import Path

import matplotlib.pyplot as plt
from a2e.paths import ROOT
from a2e.plots import COLORS, style
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

CHAIN = [
    ("text", "Wikipedia\narticles", "sky"),
    ("tokens", "bytes and\npieces", "sky"),
    ("attention", "softmax(QKᵀ/√d)V", "blue"),
    ("objective", "bits per byte", "blue"),
    ("training", "a model on\nyour CPU", "green"),
    ("FLOPs", "6 · N · D", "amber"),
    ("energy", "watts × hours", "orange"),
    ("carbon", "grams of CO2e", "orange"),
]


def logo(file: Path) -> None:
    """Draw three attention weights that become a rising plume: the course in one mark."""
    fig = plt.figure(figsize=(1.6, 1.6))
    axes = fig.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    query = (0.5, 0.2)
    for x, weight, name in ((0.16, 2.5, "sky"), (0.5, 5.5, "blue"), (0.84, 9.0, "orange")):
        axes.plot(
            [query[0], x], [query[1], 0.72], color=COLORS[name], linewidth=weight, solid_capstyle="round"
        )
        axes.scatter([x], [0.76], s=170 + 45 * weight, color=COLORS[name], zorder=3)
    axes.scatter([query[0]], [query[1]], s=420, color=COLORS["green"], zorder=4)
    fig.savefig(file, dpi=150, transparent=True)
    plt.close(fig)


def chain(file: Path) -> None:
    """Draw the eight links from text to carbon as two rows of boxes, read like a line of text."""
    fig = plt.figure(figsize=(9, 3.1))
    axes = fig.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 9), ylim=(0, 3.1))
    axes.axis("off")
    for number, (name, detail, color) in enumerate(CHAIN):
        x, y = 0.25 + 2.2 * (number % 4), 1.75 if number < 4 else 0.25
        box = FancyBboxPatch((x, y), 1.8, 1.05, boxstyle="round,pad=0.02,rounding_size=0.12", linewidth=0)
        box.set_facecolor(COLORS[color] + "22")
        axes.add_patch(box)
        bar = [x + 0.06, x + 0.06], [y + 0.12, y + 0.93]
        axes.plot(*bar, color=COLORS[color], linewidth=4, solid_capstyle="round")
        axes.text(x + 0.22, y + 0.74, name, fontsize=13, fontweight="bold", va="center")
        axes.text(x + 0.22, y + 0.32, detail, fontsize=9.5, va="center", linespacing=1.25)
        if number % 4 < 3:
            start, end = (x + 1.86, y + 0.52), (x + 2.16, y + 0.52)
            axes.add_patch(arrow(start, end))
    axes.plot([7.75, 7.75, 1.15, 1.15], [1.7, 1.52, 1.52, 1.42], color=COLORS["grey"], linewidth=1.2)
    axes.add_patch(arrow((1.15, 1.52), (1.15, 1.3)))
    fig.savefig(file, dpi=160, facecolor="white")
    plt.close(fig)


def arrow(start: tuple[float, float], end: tuple[float, float]) -> FancyArrowPatch:
    """Return a grey arrow from ``start`` to ``end``."""
    return FancyArrowPatch(
        start, end, arrowstyle="-|>", mutation_scale=13, color=COLORS["grey"], linewidth=1.2
    )


def main() -> None:
    """Draw both into ``book/static``."""
    style()
    plt.rcParams["figure.constrained_layout.use"] = False
    logo(ROOT / "book" / "static" / "logo.png")
    chain(ROOT / "book" / "static" / "chain.png")


if __name__ == "__main__":
    main()
