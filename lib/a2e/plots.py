"""One look for every figure: a style, colours that colour-blind readers can tell apart, and a ``show`` that
refuses a figure without a caption, an alternative text or labelled axes."""

import base64
import html
import io

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.category import StrCategoryFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter

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


def show(fig: Figure, caption: str, alt: str) -> None:
    """Display ``fig`` with a caption that states its claim and an alternative text for readers who cannot see
    it.

    Closes the figure, so that it is shown once. Raises ``ValueError`` if ``fig`` is no figure, a text is
    empty, the two texts are the same, or a numbered axis has no label (a label holds the quantity and its
    unit).
    """
    from IPython.display import display

    _refuse(fig, caption, alt)
    image, width = png(fig)
    plt.close(fig)
    picture = f'<img alt="{html.escape(alt)}" width="{width}" src="data:image/png;base64,{image}">'
    figure = f'<figure class="a2e-figure">{picture}<figcaption>{html.escape(caption)}</figcaption></figure>'
    display({"text/html": figure, "text/plain": f"Figure: {caption}"}, raw=True)


def png(fig: Figure) -> tuple[str, int]:
    """Return the figure as a base64 PNG of at most 256 colours, and the width in CSS pixels to show it at."""
    from PIL import Image

    raw, small = io.BytesIO(), io.BytesIO()
    fig.savefig(raw, format="png", dpi=DPI, bbox_inches="tight", pad_inches=0.1)
    with Image.open(raw) as picture:
        width = round(picture.width * 96 / DPI)
        palette = picture.convert("RGB").quantize(
            256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
    palette.save(small, format="png", optimize=True)
    best = min(raw, small, key=lambda buffer: len(buffer.getvalue()))
    return base64.b64encode(best.getvalue()).decode(), width


def _refuse(fig: object, caption: str, alt: str) -> None:
    """Raise ``ValueError`` for a figure that a reader could not read."""
    if not isinstance(fig, Figure):
        raise ValueError(f"fig is {type(fig).__name__}; give the Figure that plt.subplots() returns first")
    for name, text in (("caption", caption), ("alt", alt)):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{name} is {text!r}; say in words what the figure shows")
    if caption.strip() == alt.strip():
        raise ValueError(f"alt is the same text as caption, {alt!r}; describe what can be seen instead")
    fig.canvas.draw()
    for axes in fig.axes:
        for letter, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
            if _needs_label(fig, axes, axis, letter):
                where = axes.get_title(loc="left") or axes.get_title() or f"number {fig.axes.index(axes) + 1}"
                raise ValueError(f"the {letter} axis of axes {where} has numbers but no label")


def _needs_label(fig: Figure, axes: Axes, axis: Axis, letter: str) -> bool:
    """Say whether ``axis`` shows numbers of its own and neither it, a shared axis nor the figure names
    them."""
    if not (axes.axison and axes.get_visible() and axis.get_visible()):
        return False
    if isinstance(axis.get_major_formatter(), FixedFormatter | StrCategoryFormatter):
        return False
    shown = [tick.get_text() for tick in axis.get_ticklabels() if tick.get_visible() and tick.get_text()]
    if not shown:
        return False
    group = (axes.get_shared_x_axes() if letter == "x" else axes.get_shared_y_axes()).get_siblings(axes)
    named = [getattr(sibling, f"get_{letter}label")() for sibling in group]
    whole = fig.get_supxlabel() if letter == "x" else fig.get_supylabel()
    return not any(text.strip() for text in [*named, whole])
