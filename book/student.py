"""Write the notebooks of readers: ``make student``.

``_build/student/<page>.ipynb`` has ``raise NotImplementedError`` in the place of each answer;
``_build/student/answers/<page>.ipynb`` is the page as it stands in the book. A notebook that a reader has
changed is left alone, and the command says so.
"""

import copy
import hashlib
import json
import re
import shutil
from pathlib import Path

import nbformat
from a2e.paths import BUILD

from book.pages import CHAPTERS, EXERCISE_TAGS, notebooks, path, read, tags

STUDENT = BUILD / "student"
ANSWER = re.compile(
    r"^(?P<indent>[ \t]*)### BEGIN SOLUTION[^\n]*\n.*?^[ \t]*### END SOLUTION[^\n]*$",
    re.DOTALL | re.MULTILINE,
)


def stub(source: str) -> str:
    """Replace each answer between its two marker lines by ``raise NotImplementedError``.

    >>> print(stub("def f(x):\\n    ### BEGIN SOLUTION\\n    return x\\n    ### END SOLUTION\\nf(1)"))
    def f(x):
        raise NotImplementedError
    f(1)

    Raise ``ValueError`` if ``source`` has no answer or a marker without its partner.
    """
    text, count = ANSWER.subn(r"\g<indent>raise NotImplementedError", source)
    if not count or "### BEGIN SOLUTION" in text or "### END SOLUTION" in text:
        raise ValueError(
            f"source has {count} answers and unmatched markers; put each answer between the lines "
            f"### BEGIN SOLUTION and ### END SOLUTION: {source[:60]!r}"
        )
    return text


def student(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy of a page without answers and outputs, its exercise cells open to write in."""
    result = copy.deepcopy(notebook)
    for cell in result.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        if tags(cell) & EXERCISE_TAGS:
            is_starter = "project" in tags(cell) and "### BEGIN SOLUTION" not in cell.source
            cell.source = cell.source if is_starter else stub(cell.source)
            cell.metadata = nbformat.from_dict({"tags": sorted(tags(cell) & EXERCISE_TAGS)})
    return result


def write(target: Path, text: str, known: dict[str, str]) -> bool:
    """Write ``text`` to ``target`` unless a reader has changed the file; return whether it was left alone.

    ``known`` maps files to the digest of what this command wrote there last, and is updated.
    """
    key = target.relative_to(STUDENT).as_posix()
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() != known.get(key):
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    known[key] = hashlib.sha256(text.encode()).hexdigest()
    return False


def main() -> None:
    """Write all pages, answered ones beside them, and the Markdown pages that they link to."""
    ledger = STUDENT / ".written.json"
    known = json.loads(ledger.read_text(encoding="utf-8")) if ledger.exists() else {}
    for name in notebooks():
        page = read(name)
        if write(STUDENT / f"{name}.ipynb", nbformat.writes(student(page)) + "\n", known):
            print(f"Kept your _build/student/{name}.ipynb; delete it to get a new one.")
        answered = STUDENT / "answers" / f"{name}.ipynb"
        answered.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path(name), answered)
    for source in CHAPTERS.rglob("*.md"):
        for root in (STUDENT, STUDENT / "answers"):
            shutil.copy(source, root / source.relative_to(CHAPTERS))
    ledger.write_text(json.dumps(known, indent=1), encoding="utf-8")
    print(
        f"{len(notebooks())} notebooks without answers are in _build/student, answered ones in its answers/."
    )


if __name__ == "__main__":
    main()
