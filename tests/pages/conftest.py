"""What the tests of pages share."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from a2e.paths import BUILD

from book.build import build

STRICT = BUILD / "strict"


@pytest.fixture(scope="session")
def built() -> subprocess.CompletedProcess[str]:
    """Build the site from nothing, once for all tests that look at it: the pages are in ``STRICT``."""
    return build(STRICT, fresh=True)


@pytest.fixture
def imports() -> Callable[[list[str]], set[str]]:
    """Return which top-level modules a fresh Python holds after importing the given ones."""

    def loaded(modules: list[str]) -> set[str]:
        lines = [f"import {module}" for module in modules]
        code = "\n".join(["import sys", *lines, "print(*{name.split('.')[0] for name in sys.modules})"])
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    return loaded
