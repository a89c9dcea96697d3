"""The checkers of all exercises: ``check.attention(my_attention)`` prints one line or raises ``CheckFailed``.

Each page's checkers live in ``lib/a2e/check/<part>_<page>.py``; a checker is found by its name, which no
other page uses, and only its own page's module is imported.
"""

import ast
import difflib
import functools
import importlib
from collections.abc import Callable
from pathlib import Path

from a2e.check.base import CheckFailed, checker, require

__all__ = ["CheckFailed", "checker", "names", "require"]


@functools.cache
def names() -> dict[str, str]:
    """Return the module of every checker, ``{"attention": "transformer_attention", ...}``.

    A function decorated with ``@checker`` is one. Raise ``ValueError`` if two pages use the same name.
    """
    found: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not (isinstance(node, ast.FunctionDef) and "checker" in map(ast.unparse, node.decorator_list)):
                continue
            if node.name in found:
                raise ValueError(
                    f"checker {node.name!r} is in {found[node.name]}.py and {path.name}; rename it"
                )
            found[node.name] = path.stem
    return found


def __getattr__(name: str) -> Callable[..., None]:
    if name in names():
        return getattr(importlib.import_module(f"a2e.check.{names()[name]}"), name)
    if name.startswith("_"):
        raise AttributeError(name)
    near = difflib.get_close_matches(name, names(), n=3) or sorted(names())[:3]
    raise AttributeError(f"there is no checker {name!r}; near it: {', '.join(near) or 'none'}")
