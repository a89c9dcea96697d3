"""Every exercise of every page: the stub fails, each wrong answer gets the diagnosis that fits its slip, and
right answers pass.

``tests/check/<part>_<page>.py`` holds ``WRONG``: checker name to pairs of a wrong answer and words of the
message that must come, and ``RIGHT``: checker name to right answers other than the page's own.
"""

import ast
import functools
import importlib
import io
import re
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
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


def answers(kind: str) -> list:
    """Return page, checker and one of its ``WRONG`` or ``RIGHT`` answers, for every such answer."""
    return [
        pytest.param(page, name, answer, id=f"{page}-{name}-{place}")
        for page, _, name, _ in EXERCISES
        for place, answer in enumerate(getattr(ours(page), kind)[name])
    ]


def ours(page: str) -> ModuleType:
    """Return the module with the wrong and right answers to a page's exercises."""
    return importlib.import_module(f"tests.check.{module(page)}")


def refusal(name: str, answer: Callable) -> str:
    """Return the message with which a checker refuses an answer."""
    with pytest.raises(CheckFailed) as caught:
        getattr(check, name)(answer)
    return str(caught.value)


@pytest.mark.parametrize(("page", "name", "wrong"), answers("WRONG"))
def test_a_wrong_answer_gets_the_diagnosis_that_fits(page, name, wrong):
    answer, words = wrong
    message = refusal(name, answer)
    assert words in message
    assert "\n" not in message
    assert "not written yet" not in message, "that is a stub, not a wrong answer"


@pytest.mark.parametrize(("page", "name", "right"), answers("RIGHT"))
def test_a_right_answer_passes_however_it_is_written(page, name, right, capsys):
    getattr(check, name)(right)
    assert capsys.readouterr().out.startswith("✓ ")


@pytest.mark.parametrize(("page", "number", "name", "source"), EXERCISES, ids=IDS)
def test_slips_of_several_kinds_are_told_apart(page, number, name, source):
    wrong = ours(page).WRONG[name]
    assert len(wrong) >= WRONG_AT_LEAST
    assert len({words for _, words in wrong}) >= MESSAGES_AT_LEAST


def diagnoses(page: str) -> set[str]:
    """Return the texts of a page's checkers that can come in a refusal: no docstrings, no praise, no data."""
    source = (Path(check.__file__).parent / f"{module(page)}.py").read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    others = [node.value for node in nodes if isinstance(node, ast.Expr | ast.Return | ast.Assign)]
    constants = [node.value for node in nodes if isinstance(node, ast.Constant) and node not in others]
    texts = {" ".join(value.split()) for value in constants if isinstance(value, str)}
    return {text for text in texts if " " in text}


@pytest.mark.parametrize("page", sorted({page for page, *_ in EXERCISES}))
def test_every_diagnosis_is_met_by_an_answer_that_made_its_slip(page):
    said = " ".join(refusal(name, answer) for name, wrong in ours(page).WRONG.items() for answer, _ in wrong)
    assert {text for text in diagnoses(page) if text not in said} == set()


def test_every_checker_belongs_to_an_exercise_of_its_page():
    used = {name: module(page) for page, _, name, _ in EXERCISES}
    assert used == check.names()
