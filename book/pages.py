"""Which pages there are: the table of contents, the notebooks in its order, and their cells by tag."""

import difflib
import sys
from pathlib import Path

import nbformat
import yaml
from a2e.paths import ROOT

CHAPTERS = ROOT / "chapters"
EXERCISE_TAGS = frozenset({"exercise", "project"})


def toc() -> list[str]:
    """Return every page of the table of contents in reading order, as a path in ``chapters/`` without
    ending."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [contents["root"]] + [entry["file"] for part in contents["parts"] for entry in part["chapters"]]
    return [name.removeprefix("chapters/") for name in files]


def notebooks() -> list[str]:
    """Return the pages that are notebooks, in reading order."""
    return [name for name in toc() if path(name).exists()]


def path(name: str) -> Path:
    """Return the notebook of the page ``name``."""
    return CHAPTERS / f"{name}.ipynb"


def chosen(name: str) -> list[str]:
    """Return ``[name]``, or all notebooks if it is empty; a page that does not exist ends the program."""
    pages = notebooks()
    if not name:
        return pages
    short = name.removeprefix("chapters/").removesuffix(".ipynb")
    if short not in pages:
        near = difflib.get_close_matches(short, pages, n=1)
        guess = f" Did you mean {near[0]}?" if near else ""
        sys.exit(f"PAGE={name} is not a page.{guess} The pages are: {', '.join(pages)}")
    return [short]


def read(name: str) -> nbformat.NotebookNode:
    """Return the notebook of the page ``name``."""
    return nbformat.read(path(name), as_version=4)


def tags(cell: nbformat.NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", []))


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the code cells of a notebook that hold any code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
