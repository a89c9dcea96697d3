"""Print the source of a library function in a page, so that page and library never hold two versions."""

import ast
import inspect
import textwrap
from pathlib import Path
from typing import Any

from a2e.paths import ROOT


def show(thing: Any, docstring: bool = True) -> None:
    """Display the source of a function or class under the path of its file, highlighted as Python.

    ``docstring=False`` leaves the docstrings out where the page has just said the same. Raises ``ValueError``
    for anything whose source is not a file, such as a number or a built-in function.
    """
    from IPython.display import display

    text = f"`{path_of(thing)}`\n\n```python\n{source_of(thing, docstring)}\n```"
    display({"text/markdown": text, "text/plain": text}, raw=True)


def source_of(thing: Any, docstring: bool = True) -> str:
    """Return the source text of a function or class, without its common indent.

    >>> print(source_of(path_of, docstring=False).splitlines()[0])
    def path_of(thing: Any) -> Path:
    """
    try:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(thing))).rstrip()
    except (TypeError, OSError):
        raise ValueError(
            f"thing is {thing!r}, which has no Python source to show; give a function or a class of a2e"
        ) from None
    return source if docstring else _without_docstrings(source)


def path_of(thing: Any) -> Path:
    """Return the file that defines ``thing``, as a path from the root of the course where it lies inside it.

    >>> path_of(show).as_posix()
    'lib/a2e/show.py'
    """
    try:
        path = Path(inspect.getsourcefile(inspect.unwrap(thing)) or "").resolve()
    except TypeError:
        raise ValueError(
            f"thing is {thing!r}, which no file defines; give a function or class of a2e"
        ) from None
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _without_docstrings(source: str) -> str:
    """Drop the lines of every docstring in ``source``, and the blank line that followed it."""
    lines: list[str | None] = list(source.splitlines())
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if ast.get_docstring(node) is None or len(node.body) == 1:
            continue
        text = node.body[0]
        end = text.end_lineno or text.lineno
        lines[text.lineno - 1 : end] = [None] * (end - text.lineno + 1)
        if end < len(lines) and not (lines[end] or "").strip():
            lines[end] = None
    return "\n".join(line for line in lines if line is not None)
