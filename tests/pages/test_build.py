"""The site builds from nothing without a warning."""

import pytest
from a2e.paths import BUILD

from book.build import build
from book.pages import toc
from tests.rules.report import FIGURES


def test_the_site_builds_without_a_warning():
    done = build(BUILD / "strict", fresh=True)
    warnings = [line for line in done.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
    FIGURES["site"] = f"{len(warnings)} warnings"
    assert not warnings, "\n".join(warnings)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", toc())
def test_every_page_is_in_the_site(name):
    text = (BUILD / "strict" / "_build" / "html" / "chapters" / f"{name}.html").read_text(encoding="utf-8")
    assert "<h1" in text
