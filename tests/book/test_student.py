import json

import nbformat
import pytest

from book import student
from book.pages import notebooks, read, tags


def cell(source, *names):
    return nbformat.v4.new_code_cell(
        source, metadata={"tags": list(names), "jupyter": {"source_hidden": True}}, execution_count=1
    )


ANSWERED = "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n\n\ncheck.f(f)"


def test_the_answer_is_gone_and_the_rest_stays():
    assert student.stub(ANSWERED) == "def f(x):\n    raise NotImplementedError\n\n\ncheck.f(f)"


def test_each_of_two_answers_keeps_its_own_indent():
    outer = "### BEGIN SOLUTION\na = 1\n### END SOLUTION\n"
    two = outer + "if a:\n    ### BEGIN SOLUTION\n    b = 2\n    ### END SOLUTION"
    assert student.stub(two) == "raise NotImplementedError\nif a:\n    raise NotImplementedError"


@pytest.mark.parametrize(
    "source", ["f(x)", "### BEGIN SOLUTION\nx = 1", "### END SOLUTION", ANSWERED + "\n### END SOLUTION"]
)
def test_markers_without_partner_are_refused(source):
    with pytest.raises(ValueError, match=r"source has [01] answers and unmatched markers; put each answer"):
        student.stub(source)


def test_a_reader_sees_stubs_open_to_write_in_and_no_outputs():
    page = nbformat.v4.new_notebook(
        cells=[cell("1 + 1"), cell(ANSWERED, "exercise", "hide-cell"), cell("x = 1", "project", "hide-cell")]
    )
    result = student.student(page)
    assert [one.execution_count for one in result.cells] == [None, None, None]
    assert result.cells[1].metadata == {"tags": ["exercise"]}
    assert "return x" not in result.cells[1].source
    assert result.cells[2].source == "x = 1", "a project's starter stays"
    assert page.cells[1].source == ANSWERED, "the page itself is not changed"


@pytest.mark.parametrize("name", notebooks())
def test_no_answer_of_the_book_is_left_in_a_student_notebook(name):
    for one in student.student(read(name)).cells:
        assert "SOLUTION" not in one.source or not tags(one)


def test_a_notebook_that_a_reader_changed_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(student, "STUDENT", tmp_path)
    target = tmp_path / "part" / "page.ipynb"
    known: dict[str, str] = {}
    assert not student.write(target, "first", known)
    assert not student.write(target, "second", known), "unchanged since it was written: replaced"
    target.write_text("mine")
    assert student.write(target, "third", known)
    assert target.read_text() == "mine"


def test_main_writes_stubs_answers_and_text_pages(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(student, "STUDENT", tmp_path)
    student.main()
    name = notebooks()[-1]
    assert "BEGIN SOLUTION" not in (tmp_path / f"{name}.ipynb").read_text(encoding="utf-8")
    assert (tmp_path / "answers" / f"{name}.ipynb").exists()
    assert (tmp_path / "notation.md").exists()
    assert name + ".ipynb" in json.loads((tmp_path / ".written.json").read_text(encoding="utf-8"))
    assert f"{len(notebooks())} notebooks without answers" in capsys.readouterr().out
