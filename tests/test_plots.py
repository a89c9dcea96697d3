import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from a2e import plots
from PIL import Image


@pytest.fixture
def figure():
    fig, axes = plt.subplots()
    axes.plot([0, 1, 2], [0, 1, 4])
    axes.set(xlabel="length (tokens)", ylabel="time (s)")
    yield fig
    plt.close(fig)


@pytest.fixture
def shown(displayed):
    def show(fig, **texts):
        plots.show(fig, **{"caption": "It bends.", "alt": "A rising curve.", **texts})
        return displayed[-1][0]

    return show


def test_a_figure_has_picture_caption_and_alternative_text(figure, shown):
    data = shown(figure, caption='Cost "bends" & grows.', alt="A curve > 0.")
    assert 'alt="A curve &gt; 0."' in data["text/html"]
    assert "<figcaption>Cost &quot;bends&quot; &amp; grows.</figcaption>" in data["text/html"]
    assert data["text/plain"] == 'Figure: Cost "bends" & grows.'


def test_the_picture_matches_the_figure_at_144_dots_an_inch(figure):
    text, width = plots.png(figure)
    with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
        assert picture.format == "PNG"
        assert width == round(picture.width * 96 / 144)
        assert 800 < picture.width < 1000


def test_the_figure_is_closed_so_that_it_is_shown_once(figure, shown):
    shown(figure)
    assert not plt.fignum_exists(figure.number)


@pytest.mark.parametrize("name", ["caption", "alt"])
def test_an_empty_text_is_refused(figure, name, shown):
    with pytest.raises(ValueError, match=f"{name} is ' ': give a text that is not empty"):
        shown(figure, **{name: " "})


def test_an_alternative_text_equal_to_the_caption_is_refused(figure, shown):
    with pytest.raises(ValueError, match=r"alt is 'It bends.', as caption is: describe"):
        shown(figure, alt="It bends.")


def test_what_is_no_figure_is_refused(figure):
    for call in (lambda: plots.show(figure.axes[0], "c", "a"), lambda: plots.png(figure.axes[0])):
        with pytest.raises(ValueError, match=r"fig is an Axes: give a Figure"):
            call()


@pytest.mark.parametrize("letter", ["x", "y"])
def test_an_axis_with_numbers_and_no_label_is_refused(figure, letter, shown):
    getattr(figure.axes[0], f"set_{letter}label")("")
    with pytest.raises(ValueError, match=f"{letter}label is '' on the axes number 1: give the quantity"):
        shown(figure)


def test_axes_without_numbers_of_their_own_need_no_label(figure, shown):
    plt.close(figure)
    fig, (left, right) = plt.subplots(1, 2, sharey=True)
    left.bar(["a", "b"], [1, 2])
    left.set_ylabel("energy (Wh)")
    right.axis("off")
    assert "<figure" in shown(fig)["text/html"]


@pytest.mark.parametrize("words", [["chip", "GPT-3"], ["mat", "roof"]])
def test_an_axis_of_words_needs_no_label(figure, words, shown):
    figure.axes[0].set(xticks=[0, 1], xticklabels=words, xlabel="")
    assert "<figure" in shown(figure)["text/html"]


@pytest.mark.parametrize(
    "numbers", [["1", "2"], ["−1.5", "0"], ["1,000", "2,000"], ["50 %", "b"], ["10k", "20k"], ["½", "¼"]]
)
def test_an_axis_whose_numbers_are_set_as_texts_needs_one(figure, numbers, shown):
    figure.axes[0].set(xticks=[0, 1], xticklabels=numbers, xlabel="")
    with pytest.raises(ValueError, match="xlabel is '' on the axes number 1"):
        shown(figure)


def test_a_logarithmic_axis_needs_a_label(figure, shown):
    figure.axes[0].set(xscale="log", xlabel="")
    with pytest.raises(ValueError, match="xlabel is '' on the axes number 1"):
        shown(figure)


def test_the_third_axis_of_a_space_needs_a_label(shown):
    fig, axes = plt.subplots(subplot_kw={"projection": "3d"})
    axes.set(xlabel="a", ylabel="b", title="A cube")
    with pytest.raises(ValueError, match="zlabel is '' on the axes A cube: give the quantity"):
        shown(fig)
    axes.set_zlabel("c")  # type: ignore[attr-defined]
    assert "<figure" in shown(fig)["text/html"]


def test_a_picture_of_many_colours_keeps_its_colour_map():
    fig, axes = plt.subplots()
    axes.imshow(np.linspace(0, 1, 256).reshape(16, 16), cmap="viridis")
    axes.axis("off")
    raw = io.BytesIO()
    fig.savefig(raw, format="png", dpi=144, bbox_inches="tight", pad_inches=0.1)
    with Image.open(raw) as one, Image.open(io.BytesIO(base64.b64decode(plots.png(fig)[0]))) as other:
        true, kept = (np.asarray(picture.convert("RGB"), int) for picture in (one, other))
    plt.close(fig)
    assert abs(true - kept).max() <= 4
    assert len(np.unique(kept.reshape(-1, 3), axis=0)) > 200


def contrast(color: str) -> float:
    """WCAG's contrast of a colour against white."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def test_colors_stand_out_from_white():
    assert min(contrast(color) for color in plots.COLORS.values()) > 2
    assert contrast(plots.COLORS["ink"]) > 7


def test_style_puts_the_colors_in_order():
    plots.style()
    assert [entry["color"] for entry in plt.rcParams["axes.prop_cycle"]][:2] == ["#0072B2", "#D55E00"]


@pytest.mark.parametrize(("caption", "alt"), [("It bends.", "A curve."), ("A curve.", "It bends.")])
def test_only_the_same_text_twice_is_refused(figure, shown, caption, alt):
    assert caption in shown(figure, caption=caption, alt=alt)["text/html"]
    plt.close(figure)


def test_the_style_leaves_room_for_labels():
    plots.style()
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.set(xlabel="a label below", ylabel="a label beside")
    figure.canvas.draw()
    box = axes.get_tightbbox().transformed(figure.transFigure.inverted())  # type: ignore[union-attr]
    assert box.x0 >= 0 and box.y0 >= 0
    plt.close(figure)
