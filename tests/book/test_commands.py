"""Commands refuse what they cannot do, and say what would do."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from a2e.paths import ROOT

from book import build, pages, refresh, serve


@pytest.mark.parametrize("name", ["transformer/atention", "../basics", "nowhere"])
def test_an_unknown_page_is_refused_with_the_pages_there_are(name):
    with pytest.raises(SystemExit) as caught:
        pages.chosen(name)
    assert f"PAGE={name} is not a page." in str(caught.value)
    assert all(page in str(caught.value) for page in pages.notebooks())


@pytest.mark.parametrize("form", ["{}", "chapters/{}", "{}.ipynb", "chapters/{}.ipynb"])
def test_a_page_may_be_named_like_its_file(form):
    name = pages.notebooks()[-1]
    assert pages.chosen(form.format(name)) == [name]


def test_all_pages_are_chosen_in_the_order_of_the_contents():
    assert pages.chosen("") == [name for name in pages.toc() if name in set(pages.notebooks())]


@pytest.mark.parametrize("port", ["x", "-1", "70000"])
def test_a_port_that_is_none_is_refused(monkeypatch, port):
    monkeypatch.setattr(sys, "argv", ["serve", port])
    with pytest.raises(SystemExit, match=f"PORT={port} is not a port"):
        serve.main()


def test_a_folder_without_a_site_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"holds no index.html; run make book first"):
        serve.server(tmp_path, 0)


def test_buttons_appear_only_for_github():
    assert "repository" not in build.configuration(None, True)
    config = build.configuration("https://github.com/someone/course", False)
    assert config["repository"]["url"] == "https://github.com/someone/course"
    assert config["html"]["use_issues_button"] and "launch_buttons" not in config


def test_launch_buttons_open_the_branch_without_answers():
    config = build.configuration("https://github.com/someone/course", True)
    assert config["repository"]["branch"] == "student" and "binderhub_url" in config["launch_buttons"]


def notebook() -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell("1", metadata={"tags": ["x"], "collapsed": True})
    cell.outputs = [
        nbformat.v4.new_output("display_data", {"text/plain": "x"}, metadata={"a2e": {"page": "p"}})
    ]
    return nbformat.v4.new_notebook(cells=[cell], metadata={"a2e": {"budget_seconds": 9}, "widgets": {}})


def test_a_refreshed_notebook_keeps_no_trace_of_the_run():
    tidy = refresh.tidy(notebook())
    assert set(tidy.metadata) == {"a2e", "kernelspec", "language_info"}
    assert tidy.cells[0].metadata == {"tags": ["x"]}


def test_the_cost_of_a_page_is_found_or_none():
    assert refresh.cost(notebook()) == {"page": "p"}
    assert refresh.cost(nbformat.v4.new_notebook()) is None


def test_costs_of_other_pages_are_kept_in_reading_order(tmp_path, monkeypatch):
    monkeypatch.setattr(refresh, "COSTS", tmp_path / "costs.csv")
    monkeypatch.setattr(refresh, "notebooks", lambda: ["first", "second"])
    row = dict.fromkeys(refresh.FIELDS[:9], 1)
    refresh.write_costs([{**row, "page": "second"}])
    refresh.write_costs([{**row, "page": "first"}])
    refresh.write_costs([{**row, "page": "second", "seconds": 2}])
    lines = (tmp_path / "costs.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in lines] == [["page", "seconds"], ["first", "1"], ["second", "2"]]


def setup(folder, **environment) -> subprocess.CompletedProcess[str]:
    """Run book/venv.sh in an empty copy of the course, with a PATH of our own."""
    for name in ("requirements.txt", "requirements-models.txt"):
        shutil.copy(ROOT / name, folder)
    return subprocess.run(
        ["/bin/sh", str(ROOT / "book" / "venv.sh")],
        cwd=folder, env={**os.environ, "PIP_NO_INDEX": "1", **environment}, capture_output=True, text=True,
    )  # fmt: skip


def fake(folder, text):
    """Put a program called python3 into a folder of its own, and return that folder."""
    bin = folder / "bin"
    bin.mkdir()
    for tool in ("rm", "touch"):
        (bin / tool).symlink_to(str(shutil.which(tool)))
    (bin / "python3").write_text(f"#!/bin/sh\n{text}\n")
    (bin / "python3").chmod(0o755)
    return str(bin)


def test_a_wrong_python_is_refused_with_what_to_install(tmp_path):
    done = setup(tmp_path, PATH=fake(tmp_path, "echo Python 3.9.1; exit 1"))
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed; python3 here is: Python 3.9.1" in done.stderr
    assert "apt install python3.13 python3.13-venv" in done.stderr
    assert "brew install python@3.13" in done.stderr and "make PYTHON3=" in done.stderr


def test_a_missing_venv_module_is_refused_with_what_to_install(tmp_path):
    script = 'case "$1" in -m) echo "No module named venv" >&2; exit 1;; *) echo 3.12;; esac'
    done = setup(tmp_path, PATH=fake(tmp_path, script))
    assert done.returncode == 1
    assert "apt install python3.12-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


def venv(folder, pip):
    """Put a .venv into ``folder`` whose Python is of a right version and has pip or not."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    python = folder / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\ncase "$1 $2 $3" in "-m pip --version") exit {int(not pip)};; '
                      '"-m pip install") exit 1;; esac\n')  # fmt: skip
    python.chmod(0o755)


def test_a_venv_that_was_left_without_pip_is_made_again(tmp_path):
    venv(tmp_path, pip=False)
    (tmp_path / ".venv" / "old").touch()
    done = setup(tmp_path, PYTHON3=sys.executable)
    assert "making it again" in done.stdout and "Making .venv with" in done.stdout
    assert not (tmp_path / ".venv" / "old").exists()
    assert (tmp_path / ".venv" / "bin" / "pip").exists()
    assert "No network? The packages come from pypi.org" in done.stderr, "PIP_NO_INDEX stops it there"


def test_a_venv_whose_python_is_gone_is_made_again(tmp_path):
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(tmp_path / "gone")
    setup(tmp_path, PYTHON3=sys.executable)
    assert (tmp_path / ".venv" / "bin" / "pip").exists()


def test_no_network_at_install_fails_with_what_to_check(tmp_path):
    venv(tmp_path, pip=True)
    done = setup(tmp_path)
    assert done.returncode == 1 and "Making .venv" not in done.stdout
    assert "No network? The packages come from pypi.org" in done.stderr
    assert not (tmp_path / ".venv" / ".ready").exists()


def test_help_lists_every_command():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("make ")}
    daily = {"help", "book", "test", "lab", "serve", "refresh", "student"}
    assert listed == daily | {"bench", "lint", "mutants"}
