"""One look for every figure: a style, colours that colour-blind readers can tell apart, and a ``show`` that
refuses a figure without a caption, an alternative text or labelled axes."""

import base64
import html
import io
import re

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from a2e.shapes import Text, checked

COLORS = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#009E73",
    "purple": "#AA4499",
    "sky": "#56B4E9",
    "amber": "#E69F00",
    "grey": "#6B7280",
    "ink": "#1F2933",
}
"""Okabe and Ito's palette (2008) without its yellow, which is too pale for lines; ``purple`` is deepened."""

DPI = 144


def style() -> None:
    """Set matplotlib's defaults to the look of the course. ``page.start`` calls it.

    >>> style(); plt.rcParams["axes.spines.top"]
    False
    """
    lines = [COLORS[name] for name in ("blue", "orange", "green", "purple", "sky", "amber", "grey")]
    plt.rcParams.update(
        {
            "figure.figsize": (6.4, 3.6),
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "font.family": "DejaVu Sans",
            "font.size": 10,
            "text.color": COLORS["ink"],
            "axes.prop_cycle": cycler(color=lines),
            "axes.edgecolor": COLORS["grey"],
            "axes.labelcolor": COLORS["ink"],
            "axes.titlesize": 10.5,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "xtick.color": COLORS["ink"],
            "ytick.color": COLORS["ink"],
            "grid.color": "#E5E7EB",
            "lines.linewidth": 1.8,
            "legend.frameon": False,
            "image.cmap": "cividis",
        }
    )


@checked
def show(fig: Figure, caption: Text, alt: Text) -> None:
    """Display ``fig`` with a caption that states its claim and an alternative text for readers who cannot see
    it.

    Close the figure, so that it is shown once. Raise ``ValueError`` if the two texts are the same, or an axis
    with numbers has no label (a label gives the quantity and its unit); axes with words need none.
    """
    from IPython.display import display

    if caption.strip() == alt.strip():
        raise ValueError(f"alt is {alt!r}, as caption is: describe what can be seen instead")
    _check_labels(fig)
    image, width = png(fig)
    plt.close(fig)
    picture = f'<img alt="{html.escape(alt)}" width="{width}" src="data:image/png;base64,{image}">'
    figure = f'<figure class="a2e-figure">{picture}<figcaption>{html.escape(caption)}</figcaption></figure>'
    display({"text/html": figure, "text/plain": f"Figure: {caption}"}, raw=True)


@checked
def png(fig: Figure) -> tuple[str, int]:
    """Return the figure as a base64 PNG of at most 256 colours, and the width in CSS pixels to show it at.

    The 256 are chosen so that no pixel is far from its own: a colour map keeps its steps.
    """
    from PIL import Image

    raw, small = io.BytesIO(), io.BytesIO()
    fig.savefig(raw, format="png", dpi=DPI, bbox_inches="tight", pad_inches=0.1)
    with Image.open(raw) as picture:
        width = round(picture.width * 96 / DPI)
        palette = picture.convert("RGB").quantize(
            256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    palette.save(small, format="png", optimize=True)
    best = min(raw, small, key=lambda buffer: len(buffer.getvalue()))
    return base64.b64encode(best.getvalue()).decode(), width


def _check_labels(fig: Figure) -> None:
    """Raise ``ValueError`` for an axis that shows numbers and does not say of what."""
    fig.canvas.draw()  # a tick has no text before
    for number, axes in enumerate(fig.axes, start=1):
        for letter in "xyz":
            if hasattr(axes, f"{letter}axis") and _needs_label(fig, axes, letter):
                name = axes.get_title(loc="left") or axes.get_title() or f"number {number}"
                raise ValueError(
                    f"{letter}label is '' on the axes {name}: give the quantity of its numbers and their unit"
                )


def _needs_label(fig: Figure, axes: Axes, letter: str) -> bool:
    """Say whether an axis shows numbers, and neither it, a shared axis nor the figure names them."""
    axis = getattr(axes, f"{letter}axis")
    on = axes.axison or axes.name == "3d"  # axes in space draw their own
    if not (on and axes.get_visible() and axis.get_visible()):
        return False
    texts = [tick.get_text() for tick in axis.get_ticklabels() if tick.get_visible()]
    if not any(_NUMBER.fullmatch(text) for text in texts):
        return False
    if letter == "z":
        return not axes.zaxis.get_label_text().strip()  # type: ignore[attr-defined]
    group = (axes.get_shared_x_axes() if letter == "x" else axes.get_shared_y_axes()).get_siblings(axes)
    named = [getattr(sibling, f"get_{letter}label")() for sibling in group]
    whole = fig.get_supxlabel() if letter == "x" else fig.get_supylabel()
    return not any(text.strip() for text in [*named, whole])


_NUMBER = re.compile(r"[-−+]?\d[\d.,]*\s*[%\w]?|[¼½¾]|\$.*\d.*\$")
"""A tick of numbers: 1,000 or −0.5, with a sign or letter behind it (50 %, 10k), or set as mathematics."""
