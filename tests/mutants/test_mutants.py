"""What a test sees is killed and what none sees is listed, on a course of one file, by the real machinery."""

import json
import subprocess
import sys

import pytest
from a2e.paths import ROOT

SIZES = """
from functools import cache

LIMIT = 3


def area(width: "Array[2]", height):
    if width < 0:
        raise ValueError(f"width is {width + 1}")
    return width * height


def large(number):
    return bool(number > 10)


def unseen(number):
    return -number


@cache
def table():
    return [LIMIT]


def finish(done):
    while not done:
        done = True
    return done
"""
TESTS = {
    "test_area": """
import pytest
from a2e import sizes

@pytest.fixture(scope="module")
def made():
    return sizes.area(2, 3)

def test_it_is_made(made):
    assert made

def test_made_and_zero(made):
    assert made == 6 and sizes.area(0, 1) == 0

def test_negative():
    with pytest.raises(ValueError):
        sizes.area(-1, 1)
""",
    "test_first": """
from a2e import sizes

def test_table_is_there():
    assert sizes.table()
""",
    "test_large": """
import subprocess, sys
from a2e import sizes

def test_large_in_a_process_of_its_own():
    sizes.large(12)
    code = "from a2e.sizes import large; print(large(12))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "True\\n"

def test_finish():
    assert sizes.finish(False)
""",
    "test_last": """
from a2e import sizes

def test_table():
    assert sizes.table() == [3]
""",
}
CODE = """
import pathlib, sys
from tests.mutants import __main__ as command, reach, warm
reach.PATIENCE = 1.0
sys.exit(command.main(1000, 0, pathlib.Path(sys.argv[1])))
"""


def run(folder, sizes=SIZES):
    """Try all mutants of a course of one file, which is written into ``folder``."""
    files = {"lib/a2e/__init__.py": "", "lib/a2e/sizes.py": sizes, "pyproject.toml": "[tool.pytest]\n"}
    for name, text in (files | {f"tests/{name}.py": text for name, text in TESTS.items()}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return subprocess.run([sys.executable, "-c", CODE, folder], cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return run(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def fates(done):
    """Return fate and reason of each mutant by its changed line."""
    assert done.returncode == 0, done.stdout + done.stderr
    kept = done.stdout.rpartition("This is kept in ")[2].strip().rstrip(".")
    with open(f"{kept}/fates.json", encoding="utf-8") as file:
        return {one["diff"].partition("+ ")[2]: (one["fate"], one["by"]) for one in json.load(file)}


@pytest.mark.parametrize(
    ("change", "by"),
    [
        ("return (width + height)", "tests/test_area.py::test_made_and_zero"),  # its fixture ran for another
        ("if width < 1:", "tests/test_area.py::test_made_and_zero"),
        ("return bool((number < 10))", "tests/test_large.py::test_large_in_a_process_of_its_own"),
        ("LIMIT = 4", "tests/test_last.py::test_table"),  # at import, behind a cache that another file fills
        ("while done:", "tests/test_large.py::test_finish"),
    ],
)
def test_property_a_change_that_a_test_sees_is_killed_by_it(fates, change, by):
    assert fates[change] == ("killed", by)


def test_property_a_change_that_never_ends_is_killed(fates):
    assert fates["done = False"] == ("killed", "it did not end in time")


def test_property_a_change_that_no_test_sees_survives_and_is_listed(fates, done):
    assert fates["return bool(number > 9)"] == ("survived", "all tests passed")
    assert "lib/a2e/sizes.py:14: survived, all tests passed\n- return bool(" in done.stdout
    assert fates["return (+number)"] == ("survived", "no test reaches it")


def test_edge_annotations_and_messages_are_not_drawn(fates):
    assert not [change for change in fates if change.startswith(("def area", "raise"))]


def test_the_share_is_told_with_its_interval(fates, done):
    killed = sum(what == "killed" for what, _ in fates.values())
    assert f"all: {killed} of {len(fates)} killed: {100 * killed / len(fates):.1f} % (" in done.stdout


def test_edge_a_library_that_is_red_as_it_is_ends_with_2(tmp_path):
    done = run(tmp_path, SIZES.replace("LIMIT = 3", "LIMIT = 2"))
    assert done.returncode == 2
    assert "FAILED tests/test_last.py::test_table" in done.stderr
    assert "The library as it is must pass before mutants can be tried." in done.stderr


@pytest.mark.parametrize("words", [[], ["400"], ["0", "0"], ["many", "0"], ["4", "-1"]])
def test_edge_what_is_no_number_of_mutants_is_refused(words):
    from tests.mutants.__main__ import numbers

    with pytest.raises(SystemExit, match="2"):
        numbers(words)
