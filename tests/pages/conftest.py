"""What the tests of pages share."""

import subprocess
import sys
from collections.abc import Callable

import pytest


@pytest.fixture
def imports() -> Callable[[list[str]], set[str]]:
    """Return which top-level modules a fresh Python holds after importing the given ones."""

    def loaded(modules: list[str]) -> set[str]:
        lines = [f"import {module}" for module in modules]
        code = "\n".join(["import sys", *lines, "print(*{name.split('.')[0] for name in sys.modules})"])
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    return loaded
