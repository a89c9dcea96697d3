"""The site builds from nothing without a warning."""

import pytest

from book.pages import toc
from tests.pages.conftest import STRICT
from tests.rules.report import FIGURES


def test_the_site_builds_without_a_warning(built):
    warnings = [line for line in built.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
    FIGURES["site"] = f"{len(warnings)} warnings"
    assert not warnings, "\n".join(warnings)
    assert built.returncode == 0, built.stderr


@pytest.mark.parametrize("name", toc())
def test_every_page_is_in_the_site(built, name):
    text = (STRICT / "_build" / "html" / "chapters" / f"{name}.html").read_text(encoding="utf-8")
    assert "<h1" in text
