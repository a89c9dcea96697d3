"""What the tests share."""

from typing import Any

import pytest


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Collect what a function displays in a notebook: data by MIME type, and metadata."""
    seen: list[tuple[dict[str, str], dict[str, Any]]] = []

    def display(data: dict[str, str], metadata: dict[str, Any] | None = None, raw: bool = False) -> None:
        assert raw
        seen.append((data, metadata or {}))

    monkeypatch.setattr("IPython.display.display", display)
    return seen
