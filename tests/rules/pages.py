"""How outputs of pages are compared, and the order in which everything runs.

The words of an output must agree; each decimal may differ by 0.1 % or by one unit in its last printed digit,
and integers stay exact. Pictures are compared by their caption and alternative text. A page's cost line
differs on every run: its numbers are left out.
"""

import re
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbval.plugin
import pytest
from nbval.kernel import RunningKernel

DECIMAL = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE][-+]?\d))(?:[eE][-+]?\d+)?(?![\w.])")
RELATIVE = Decimal("0.001")
PICTURE = re.compile(r'width="\d+" src="data:image/png;base64,[^"]*"')
COST = re.compile(r"Running this page took .*?, assumed[^)]*\)\.")
ROOT = Path(__file__).resolve().parents[2]
SECONDS: dict[str, float] = {}
"""Wall seconds of each page in this run."""


def close(reference: str, got: str) -> bool:
    """Say whether two printed decimals are the same number up to the tolerance.

    >>> close("2.31", "2.30"), close("2.31", "2.29"), close("0.00012", "0.00018")
    (True, False, False)
    >>> close("1.2e-05", "1.3e-05"), close("1000.2", "1001.1")
    (True, True)
    """
    a, b = Decimal(reference), Decimal(got)
    exponents = [int(number.as_tuple().exponent) for number in (a, b)]
    return abs(a - b) <= max(abs(a) * RELATIVE, Decimal(1).scaleb(max(exponents)))


class Output(str):
    """A string equal to another when the words agree and the decimals are close.

    >>> Output("loss 2.31 after 10 steps") == Output("loss  2.30 after 10 steps")
    True
    >>> Output("loss 2.31 after 10 steps") == Output("loss 2.31 after 11 steps")
    False
    """

    def __eq__(self, other: object) -> bool:
        texts = [re.sub(r"[ \t]+", " ", DECIMAL.sub("#", str(text))) for text in (str(self), other)]
        numbers = [DECIMAL.findall(str(text)) for text in (str(self), other)]
        return texts[0] == texts[1] and all(close(a, b) for a, b in zip(*numbers, strict=True))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def comparable(text: str) -> Output:
    """Return an output without what may differ: the bytes of a picture and the numbers of a cost line.

    >>> comparable('<img alt="a curve" width="9" src="data:image/png;base64,AAAA">')
    '<img alt="a curve" PICTURE>'
    """
    return Output(COST.sub("Running this page took COST", PICTURE.sub("PICTURE", text)))


def sanitize(self: Any, text: Any) -> Any:
    """Replace nbval's: prepare one output for comparison."""
    return comparable(text) if isinstance(text, str) else text


def execute_cell_input(self: Any, source: str, allow_stdin: bool | None = None) -> str:
    """Replace nbval's (its issue 194): keep the history, so that a trailing ; hides the output."""
    return self.kc.execute(
        source, silent=False, store_history=bool(source), allow_stdin=allow_stdin, stop_on_error=False
    )


nbval.plugin.IPyNbCell.sanitize = sanitize
RunningKernel.execute_cell_input = execute_cell_input


def rank(item: pytest.Item) -> tuple[int, int]:
    """Return an item's place in the order of cost: library, page lint, pages in reading order, the site."""
    from book.pages import notebooks

    place = item.path.relative_to(ROOT)
    if place.suffix == ".ipynb":
        pages = notebooks()
        name = place.relative_to("chapters").with_suffix("").as_posix()
        return 2, pages.index(name) if name in pages else len(pages)
    if place.parts[:2] == ("tests", "pages"):
        return {"test_seconds.py": 3, "test_build.py": 4, "test_site.py": 5}.get(place.name, 1), 0
    return 0, 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort stably by :func:`rank`."""
    items.sort(key=rank)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """Add up the seconds of each page's cells."""
    start = time.perf_counter()
    yield
    if item.path.suffix == ".ipynb":
        name = item.path.relative_to(ROOT / "chapters").with_suffix("").as_posix()
        SECONDS[name] = SECONDS.get(name, 0.0) + time.perf_counter() - start
