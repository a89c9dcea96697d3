import subprocess
import sys

import pytest
from a2e import show
from a2e.show import path_of, source_of


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
    assert text.startswith("`lib/a2e/show.py`\n\n```python\ndef source_of(")
    assert text.endswith("\n```")


def test_source_of_equals_the_text_of_the_file():
    assert source_of(path_of) in (path_of(path_of)).read_text(encoding="utf-8")


def test_docstrings_can_be_left_out_and_the_code_stays():
    assert source_of(one_liner, docstring=False).splitlines()[1].strip() == "return x + 1"
    text = source_of(Holder, docstring=False)
    assert "Hold a thing" not in text and 'print("kept")' in text
    compile(text, "holder", "exec")


def test_the_only_statement_of_a_function_stays():
    def documented() -> None:
        """Stay."""

    assert "Stay." in source_of(documented, docstring=False)


@pytest.mark.parametrize("thing", [3, len, "text"])
def test_show_refuses_what_has_no_source(thing):
    with pytest.raises(ValueError, match=r"thing is .*give a function or (a )?class"):
        source_of(thing)
    with pytest.raises(ValueError, match="thing is"):
        path_of(thing)


@pytest.mark.parametrize("first", ["import a2e.show", "from a2e import page", "import a2e.check"])
def test_show_is_the_same_function_whatever_was_imported_first(first):
    code = f"{first}\nfrom a2e import show\nassert callable(show) and show.__name__ == 'show'"
    subprocess.run([sys.executable, "-c", code], check=True)
