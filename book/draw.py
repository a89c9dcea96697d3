"""Draw the logo, which is committed: ``python -m book.draw``. The chain is drawn by ``a2e.plots_chain``."""

from pathlib import Path

import matplotlib.pyplot as plt
from a2e.paths import ROOT
from a2e.plots import COLORS, style


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


def main() -> None:
    """Draw it into ``book/static``."""
    style()
    plt.rcParams["figure.constrained_layout.use"] = False
    logo(ROOT / "book" / "static" / "logo.png")


if __name__ == "__main__":
    main()
