import importlib
import subprocess
import sys

import pytest
from a2e import show
from a2e.source import _without_docstrings, path_of, source_of


def one_liner(x: int) -> int:
    """Say what this does."""
    return x + 1


class Holder:
    """Hold a thing."""

    def method(self) -> None:
        """Do nothing much."""

        print("kept")


def test_show_displays_the_file_and_its_source_as_highlighted_python(displayed):
    show(source_of)
    text = displayed[0][0]["text/markdown"]
    assert text.startswith("`lib/a2e/source.py`\n\n```python\n@checked\ndef source_of(")
    assert text.endswith("\n```")


def test_show_keeps_the_docstring_unless_told_otherwise(displayed):
    show(one_liner)
    show(one_liner, docstring=False)
    assert ["Say what this does." in shown[0]["text/markdown"] for shown in displayed] == [True, False]


def test_source_of_equals_the_text_of_the_file():
    assert source_of(path_of) in (path_of(path_of)).read_text(encoding="utf-8")


def test_docstrings_can_be_left_out_and_the_code_stays():
    assert source_of(one_liner, docstring=False).splitlines()[1].strip() == "return x + 1"
    text = source_of(Holder, docstring=False)
    assert "Hold a thing" not in text and 'print("kept")' in text
    compile(text, "holder", "exec")


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ('def f(x): "doc"; return x', "def f(x): return x"),
        ('def f(x): "déjà vu"; y = x; return y', "def f(x): y = x; return y"),
        ('class A:\n def f(x): """1\n 2"""; return x\n y = 1', "class A:\n def f(x): return x\n y = 1"),
        ('def f():\n    """Doc."""\n\n    return 1', "def f():\n    return 1"),
        ('def f():\n    """Doc\n    more."""\n    return 1', "def f():\n    return 1"),
        ('def f(): "doc"', 'def f(): "doc"'),
    ],
)
def test_what_stands_on_the_line_of_a_docstring_stays(source, bare):
    assert _without_docstrings(source) == bare
    compile(bare, "bare", "exec")


def test_the_only_statement_of_a_function_stays():
    def documented() -> None:
        """Stay."""

    assert "Stay." in source_of(documented, docstring=False)


@pytest.mark.parametrize("thing", [3, len, "text"])
def test_show_refuses_what_has_no_source(thing):
    with pytest.raises(ValueError, match=r"thing is .*: give a function or a class"):
        source_of(thing)
    with pytest.raises(ValueError, match=r"thing is .*: give a function or a class"):
        path_of(thing)


@pytest.mark.parametrize("first", ["import a2e.source", "from a2e import page", "import a2e.check"])
def test_show_is_the_same_function_whatever_was_imported_first(first):
    code = f"{first}\nfrom a2e import show\nassert callable(show) and show.__name__ == 'show'"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_has_one_thing_of_the_name_show():
    # a module a2e.show would be hidden by the function, and a2e.show.source_of be an AttributeError
    code = "import a2e.source, a2e\nassert a2e.source.show is a2e.show and callable(a2e.source.source_of)"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("a2e.show")
