"""From Attention to Emissions: the library behind the course.

Submodules load on first use, so that ``import a2e`` costs nothing and the parts that need no torch
(configurations, scale's formulas, all of emissions) answer at once.
"""

import importlib
from types import ModuleType

from a2e.source import show

_SUBMODULES = ("check", "page", "plots")

__all__ = ["check", "page", "plots", "show"]


def __getattr__(name: str) -> ModuleType:
    if name in _SUBMODULES:
        return importlib.import_module(f"a2e.{name}")
    raise AttributeError(f"module 'a2e' has no attribute {name!r}")
