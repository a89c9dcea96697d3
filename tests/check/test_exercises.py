"""Every exercise of every page: the stub fails, plausible wrong answers fail in different words, the solution
passes.

``tests/check/<part>_<page>.py`` holds ``WRONG``: checker name to wrong answers.
"""

import ast
import functools
import importlib
import io
import re
import time
from contextlib import redirect_stdout
from typing import Any

import pytest
from a2e import check
from a2e.check.base import CheckFailed

from book.pages import code_cells, notebooks, read, tags
from book.student import stub

WRONG_AT_LEAST, MESSAGES_AT_LEAST = 3, 2
SECONDS_AT_MOST = 1.0


def module(page: str) -> str:
    """Return the stem that a page's checkers and wrong answers share."""
    return page.replace("/", "_").replace("-", "_")


def exercises() -> list[tuple[str, int, str, str]]:
    """Return page, cell number, checker and source of every exercise."""
    found = []
    for page in notebooks():
        for number, cell in enumerate(code_cells(read(page))):
            if "exercise" in tags(cell):
                for name in re.findall(r"^check\.(\w+)\(", cell.source, re.MULTILINE):
                    found.append((page, number, name, cell.source))
    return found


EXERCISES = exercises()
IDS = [f"{page}-{name}" for page, _, name, _ in EXERCISES]


@functools.cache
def setting(page: str) -> dict[str, Any]:
    """Return the names that a page's import lines define: what an answer may use besides itself."""
    scope: dict[str, Any] = {}
    for cell in code_cells(read(page)):
        for statement in ast.parse(cell.source).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                exec(ast.unparse(statement), scope)
    return scope


def run(page: str, source: str) -> str:
    """Run an exercise's cell and return what it printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(source, {**setting(page), "__name__": "exercise"})
    return printed.getvalue()


@pytest.mark.parametrize(("page", "number", "name", "source"), EXERCISES, ids=IDS)
def test_the_solution_passes_and_in_time(page, number, name, source):
    setting(page)
    start = time.process_time()
    assert "✓" in run(page, source)
    assert time.process_time() - start < 2 * SECONDS_AT_MOST, "a checker answers in a second"


@pytest.mark.parametrize(("page", "number", "name", "source"), EXERCISES, ids=IDS)
def test_the_stub_fails(page, number, name, source):
    with pytest.raises((CheckFailed, NotImplementedError)) as caught:
        run(page, stub(source))
    assert isinstance(caught.value, NotImplementedError) or "not written yet" in str(caught.value)


@pytest.mark.parametrize(("page", "number", "name", "source"), EXERCISES, ids=IDS)
def test_wrong_answers_fail_in_different_words(page, number, name, source):
    wrong = importlib.import_module(f"tests.check.{module(page)}").WRONG[name]
    assert len(wrong) >= WRONG_AT_LEAST
    messages = set()
    for answer in wrong:
        with pytest.raises(CheckFailed) as caught:
            getattr(check, name)(answer)
        assert "\n" not in str(caught.value)
        assert "not written yet" not in str(caught.value), f"{answer} is a stub, not a wrong answer"
        messages.add(str(caught.value))
    assert len(messages) >= MESSAGES_AT_LEAST, messages


def test_every_checker_belongs_to_an_exercise_of_its_page():
    used = {name: module(page) for page, _, name, _ in EXERCISES}
    assert used == check.names()
