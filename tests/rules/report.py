"""The figures of a run, printed before pytest's own last line: tests by kind, cells, pages, the site."""

from collections import Counter
from typing import Any

import pytest

KINDS = {
    "oracle": ("match", "oracle"),
    "equivalence": ("equal", "equivalence", "same", "agree"),
    "property": ("property", "sum", "round_trip", "always"),
    "edge": ("edge", "refuse", "empty", "reject", "nan", "bad", "raise", "error", "fails"),
}
ORDER = (*KINDS, "exercise", "doctest", "other unit", "page lint", "page cell", "site")
KIND_COUNTS: Counter[str] = Counter()
CELL_COUNTS: Counter[str] = Counter()
FIGURES: dict[str, str] = {}
"""What other tests want to have said: name to figure."""


def kind(item: pytest.Item) -> str:
    """Name the kind of a test, by its place and by what its name says."""
    place = item.path.as_posix()
    if isinstance(item, pytest.DoctestItem):
        return "doctest"
    if place.endswith(".ipynb"):
        return "page cell"
    if place.endswith(("test_build.py", "test_site.py")):
        return "site"
    if "/tests/pages/" in place:
        return "page lint"
    if "/tests/check/" in place:
        return "exercise"
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        return "property"
    name = str(getattr(item, "originalname", item.name)).lower()
    return next((kind for kind, words in KINDS.items() if any(word in name for word in words)), "other unit")


def comparison(item: Any) -> str:
    """Say whether nbval compares the output of a cell, ignores it, or there is none."""
    if not item.cell.outputs:
        return "silent"
    return "compared" if item.options["check"] else "ignored"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Count what was collected."""
    KIND_COUNTS.update(kind(item) for item in session.items)
    CELL_COUNTS.update(comparison(item) for item in session.items if item.path.suffix == ".ipynb")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures."""
    from tests.rules.pages import SECONDS

    write = terminalreporter.write_line
    terminalreporter.section("figures")
    write("tests: " + ", ".join(f"{name} {KIND_COUNTS[name]}" for name in ORDER if KIND_COUNTS[name]))
    if SECONDS:
        cells = ", ".join(f"{name} {CELL_COUNTS[name]}" for name in ("compared", "ignored", "silent"))
        pages = ", ".join(f"{name} {seconds:.0f}" for name, seconds in SECONDS.items())
        write(f"cells of pages by output: {cells}")
        write(f"pages in seconds: {pages}; together {sum(SECONDS.values()):.0f}")
    for name, figure in FIGURES.items():
        write(f"{name}: {figure}")
