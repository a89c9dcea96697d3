"""Print the source of a library function in a page, so that page and library never hold two versions.

Pages take the function alone, ``from a2e import show``; a module of that name would stand in its place.
"""

import ast
import inspect
import textwrap
from pathlib import Path
from typing import Any

from a2e.paths import ROOT
from a2e.shapes import checked, shown

_NO_SOURCE = "thing is {}: give a function or a class that a file defines, such as one of a2e"


@checked
def show(thing: Any, docstring: bool = True) -> None:
    """Display the source of a function or class under the path of its file, highlighted as Python.

    ``docstring=False`` leaves the docstrings out where the page has just said the same. ValueError for
    anything whose source is not a file, such as a number or a built-in function.
    """
    from IPython.display import display

    text = f"`{path_of(thing)}`\n\n```python\n{source_of(thing, docstring)}\n```"
    display({"text/markdown": text, "text/plain": text}, raw=True)


@checked
def source_of(thing: Any, docstring: bool = True) -> str:
    """Return the source text of a function or class, without its common indent.

    >>> print(source_of(path_of, docstring=False).splitlines()[1])
    def path_of(thing: Any) -> Path:
    """
    try:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(thing))).rstrip()
    except (TypeError, OSError):
        raise ValueError(_NO_SOURCE.format(shown(thing))) from None
    return source if docstring else _without_docstrings(source)


@checked
def path_of(thing: Any) -> Path:
    """Return the file that defines ``thing``, as a path from the root of the course where it lies inside it.

    >>> path_of(show).as_posix()
    'lib/a2e/source.py'
    """
    try:
        path = Path(inspect.getsourcefile(inspect.unwrap(thing)) or "").resolve()
    except TypeError:
        raise ValueError(_NO_SOURCE.format(shown(thing))) from None
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _without_docstrings(source: str) -> str:
    """Return ``source`` without its docstrings and the blank line that followed each of them."""
    lines: list[str | None] = list(source.splitlines())
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if ast.get_docstring(node) is None or len(node.body) == 1:
            continue
        text, after = node.body[:2]
        first, last = text.lineno - 1, text.end_lineno or text.lineno  # the lines from first to before last
        if after.lineno == last:  # def f(): "docstring"; return 1
            head = (lines[first] or "").encode()[: text.col_offset]
            tail = (lines[last - 1] or "").encode()[after.col_offset :]
            lines[first:last] = [(head + tail).decode(), *[None] * (last - first - 1)]
            continue
        lines[first:last] = [None] * (last - first)
        if not (lines[last] or "").strip():
            lines[last] = None
    return "\n".join(line for line in lines if line is not None)
