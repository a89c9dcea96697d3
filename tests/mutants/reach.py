"""The control run: the library as it is must be green, and each line learns which tests reach it."""

import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import coverage
import pytest

from tests.mutants.operators import Mutant
from tests.mutants.warm import FORK, Job, inside, stop

LIBRARY = "lib/a2e"
SUITE = ["lib", "tests", *(f"--ignore=tests/{folder}" for folder in ("pages", "book", "mutants"))]
"""All tests but those of pages and site, of the commands and of this package, which try other things."""

PATIENCE = 10.0
"""Seconds of the processor that a mutant's tests may take beyond three times what they take without it."""


class Trace:
    """Pytest plugin: notes the seconds of each test and the lines of the library that it runs.

    What is cached runs once in a process, in whichever test comes first; the caches are emptied between
    files, so that the tests of each file that reach a line are found.
    """

    def __init__(self, note: Path) -> None:
        self.note = note
        self.seconds: dict[str, float] = defaultdict(float)
        self.file = ""

    def pytest_sessionstart(self) -> None:
        """Start before the library is imported."""
        self.coverage = coverage.Coverage(data_file=None, config_file=False, source=[LIBRARY])
        self.coverage.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """From here on lines belong to this test."""
        if self.file != (file := nodeid.partition("::")[0]):
            self.file = file
            _empty_caches()
        self.coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the seconds of set-up, call and tear-down."""
        self.seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        """Write what was found."""
        self.coverage.stop()
        data, root = self.coverage.get_data(), Path.cwd()
        lines = {
            Path(file).relative_to(root).as_posix(): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }
        self.note.write_text(json.dumps({"seconds": self.seconds, "lines": lines}), encoding="utf-8")


def _empty_caches() -> None:
    modules = [module for name, module in sys.modules.items() if name.startswith(("a2e.", "tests."))]
    for thing in [thing for module in modules for thing in vars(module).values()]:
        while isinstance(thing, FunctionType):  # a cache may stand below other decorators
            thing = getattr(thing, "__wrapped__", None)
        if callable(clear := getattr(thing, "cache_clear", None)):
            clear()


@dataclass(frozen=True)
class Reach:
    """Which tests reach which lines, and how long each takes."""

    seconds: dict[str, float]
    lines: dict[str, dict[int, set[str]]]

    def job(self, name: str, mutant: Mutant, source: str) -> Job | None:
        """Return the job that tries a mutant, None where no test reaches it.

        First come the tests that reach its lines, quickest first; then the others of their files, which may
        share what the first of them made. A line that runs at import may matter to any test.
        """
        reached = self.lines.get(mutant.file, {})
        first, last = (1, max(reached, default=0)) if mutant.at_import else mutant.lines
        near = set().union(*(reached.get(line, set()) for line in range(first, last + 1)))
        wide = self.seconds if mutant.at_import else near
        files = dict.fromkeys(name.partition("::")[0] for name in wide)
        if not files:
            return None
        seconds = sum(self.seconds[name] for name in self.seconds if name.partition("::")[0] in files)
        order = sorted(near, key=lambda name: self.seconds[name])
        changed = {mutant.file: mutant.apply(source)}
        return Job(name, changed, list(files), order, seconds=PATIENCE + 3.0 * seconds)


class Red(Exception):
    """The tests fail on the library as it is."""


def reach(tree: Path) -> Reach:
    """Run all tests of the library in the snapshot ``tree`` itself, so that its compiled files are copied on.

    Raises ``Red`` with what pytest printed where a test fails.
    """
    note = tree.parent / "reach.json"
    process = FORK.Process(target=inside, args=(tree, ["--hypothesis-seed=0", *SUITE], [Trace(note)]))
    process.start()
    try:
        process.join()
    finally:
        stop(process)
    if process.exitcode != 0:
        raise Red((tree.parent / "output").read_text(encoding="utf-8", errors="replace"))
    return read(json.loads(note.read_text(encoding="utf-8")))


def read(found: dict[str, Any]) -> Reach:
    """Return what a control run noted; lines that ran outside any test, at import, are left out."""
    lines = {
        file: {int(line): set(contexts) - {""} for line, contexts in by_line.items()}
        for file, by_line in found["lines"].items()
    }
    return Reach(found["seconds"], lines)
