"""What holds for every notebook: the template, clean outputs, links, citations, pictures, exercises."""

import ast
import csv
import importlib.util
import re

import nbformat
import pytest
import yaml
from a2e.paths import ROOT

from book.pages import CHAPTERS, EXERCISE_TAGS, code_cells, notebooks, path, read, tags, toc

PAGES = notebooks()
KNOWN_TAGS = {
    "exercise", "project", "hide-cell", "hide-input", "hide-output", "remove-cell", "nbval-ignore-output",
    "raises-exception",
}  # fmt: skip
DIRECTIVES = {"admonition", "math", "figure"}
EXERCISES_AT_LEAST = {"intro": 0, "basics": 1}
WORDS, CELLS = (1500, 3500), (15, 35)
FREE_LENGTH = {"intro"}
LARGEST_NOTEBOOK_BYTES = 2_000_000
IGNORED_AT_MOST = 0.1


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def notebook(page: str) -> nbformat.NotebookNode:
    return read(page)


def prose(notebook: nbformat.NotebookNode) -> str:
    """All Markdown of a page without its code blocks."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def words(notebook: nbformat.NotebookNode) -> int:
    """How many words a reader reads: no formulas, addresses or marks."""
    text = re.sub(r"\$\$.*?\$\$|:::\{math\}.*?:::", " ", prose(notebook), flags=re.DOTALL)
    text = re.sub(r"\$[^$]*\$|\]\([^)]*\)|\{cite\}`[^`]*`", " ", text)
    return len(re.findall(r"[^\W\d_][\w'’-]*", text))


def headings(notebook: nbformat.NotebookNode) -> list[str]:
    return re.findall(r"^#{1,6} +(.+?)\s*$", prose(notebook), re.MULTILINE)


def test_every_page_of_the_contents_exists_and_every_notebook_is_listed():
    missing = [name for name in toc() if not path(name).exists() and not (CHAPTERS / f"{name}.md").exists()]
    assert not missing
    found = {file.relative_to(CHAPTERS).with_suffix("").as_posix() for file in CHAPTERS.rglob("*.ipynb")}
    assert {name for name in found if ".ipynb_checkpoints" not in name} == set(PAGES)


def test_code_cells_were_run_once_in_order(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_code_cell_is_empty_and_ids_are_unique(notebook):
    assert len(code_cells(notebook)) == sum(cell.cell_type == "code" for cell in notebook.cells)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_tags_are_known(notebook):
    assert set().union(*(tags(cell) for cell in notebook.cells)) <= KNOWN_TAGS


def test_outputs_hold_no_error_warning_bar_or_bare_picture(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":
                assert "raises-exception" in tags(cell), f"an error in: {cell.source}"
            assert output.get("name") != "stderr", f"written to stderr: {output.text}"
            assert "image/png" not in output.get("data", {}), f"use plots.show(...): {cell.source}"
            assert "it/s]" not in str(output) and "s/it]" not in str(output), f"a bar was left: {cell.source}"


def test_the_notebook_is_small_and_tidy(page, notebook):
    assert path(page).stat().st_size <= LARGEST_NOTEBOOK_BYTES
    assert set(notebook.metadata) == {"a2e", "kernelspec", "language_info"}, "run make refresh"
    assert notebook.metadata.kernelspec.name == "python3"
    assert 5 <= notebook.metadata.a2e.budget_seconds <= 120


def test_title_and_template_line_come_first(notebook):
    assert notebook.cells[0].cell_type == "markdown"
    assert re.match(r"# \S", notebook.cells[0].source)
    assert sum(bool(re.match(r"# ", line)) for line in prose(notebook).splitlines()) == 1
    line = r"\*\*You will\*\* .+ · \*\*Needs\*\* .+ · \*\*Time\*\* .+ to read, .+ to run"
    assert re.search(line, prose(notebook))


def test_the_page_starts_first_and_closes_last(page, notebook):
    cells = code_cells(notebook)
    assert re.search(rf'page\.start\("{page}"(, torch=False)?\)', cells[0].source)
    assert cells[-1].source.strip() == "page.close()"
    assert not any("page.close" in cell.source for cell in cells[:-1])


def modules(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the modules that a page's cells import, a name from a package among them if it is a module."""
    trees = [ast.parse(cell.source) for cell in code_cells(notebook)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            spec = importlib.util.find_spec(node.module)
            is_package = spec is not None and spec.submodule_search_locations is not None
            inside = [f"{node.module}.{alias.name}" for alias in node.names if is_package]
            found |= {node.module, *filter(importlib.util.find_spec, inside)}
    return sorted(found)


def test_a_page_without_torch_says_so_when_it_starts(notebook, imports):
    says = "torch=False" in code_cells(notebook)[0].source
    needed = modules(notebook)
    assert says == ("torch" not in needed and "torch" not in imports(needed))


def test_modules_of_a_page_are_found():
    cells = [
        "import os.path, json",
        "def f():\n    from a2e import page, show",
        "from a2e.tiers import check",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    assert modules(notebook) == ["a2e", "a2e.page", "a2e.tiers", "json", "os.path"]


def test_mistakes_exercises_and_summary_are_there(page, notebook):
    wanted = ["Summary"] if page == "intro" else ["Common mistakes", "Exercises", "Summary"]
    if page == "basics":
        wanted = ["Exercises", "Summary"]
    there = [heading for heading in headings(notebook) if heading in wanted]
    assert there == wanted


@pytest.mark.parametrize("name", [name for name in PAGES if name not in FREE_LENGTH])
def test_length_is_within_bounds(name):
    notebook = read(name)
    assert WORDS[0] <= words(notebook) <= WORDS[1], f"{words(notebook)} words"
    assert CELLS[0] <= len(code_cells(notebook)) <= CELLS[1], f"{len(code_cells(notebook))} code cells"


@pytest.mark.parametrize("name", [name for name in PAGES if name not in FREE_LENGTH])
def test_the_seconds_on_the_card_are_those_that_were_measured(name):
    """Both are committed; the card rounds, and a refresh that takes longer changes it."""
    [(number, unit)] = re.findall(r"min to read, (\d+) (s|min) to run", prose(read(name)))
    with (ROOT / "data" / "page_costs.csv").open(encoding="utf-8") as file:
        measured = next(float(row["seconds"]) for row in csv.DictReader(file) if row["page"] == name)
    assert 0.8 <= int(number) * {"s": 1, "min": 60}[unit] / measured <= 2


def test_only_directives_that_read_well_in_a_notebook(notebook):
    used = re.findall(
        r"^(?:`{3,}|:{3,})\{(\w[\w-]*)\}", "\n".join(c.source for c in notebook.cells), re.MULTILINE
    )
    assert set(used) <= DIRECTIVES


def test_links_inside_the_book_lead_somewhere(page, notebook):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(notebook)):
        if not re.match(r"[a-z]+:", target):
            assert (path(page).parent / target).exists(), f"{target} does not exist"


def test_pictures_in_text_have_alternative_text(notebook):
    assert not re.search(r"!\[\s*\]\(", prose(notebook))
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and "{figure}" in cell.source:
            assert re.search(r"^:alt: \S", cell.source, re.MULTILINE)
        assert "<img" not in cell.source or cell.cell_type == "code"


def test_every_figure_is_shown_with_caption_and_alt(notebook):
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "plots.show":
                assert {"caption", "alt"} <= {keyword.arg for keyword in node.keywords}, cell.source
            assert not (isinstance(node, ast.Call) and ast.unparse(node.func) == "plt.show"), cell.source


def bibliography() -> list[str]:
    return re.findall(
        r"^@\w+\{([^,\s]+),", (ROOT / "references.bib").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_references_have_unique_keys():
    keys = bibliography()
    assert len(set(keys)) == len(keys)


def test_citations_are_in_the_references(notebook):
    cited = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", prose(notebook))
    assert {key.strip() for keys in cited for key in keys.split(",")} <= set(bibliography())


def library_names() -> set[str]:
    """Every public function and class of the library."""
    names = set()
    for file in (ROOT / "lib" / "a2e").rglob("*.py"):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        names |= {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return {name for name in names if not name.startswith("_")}


def test_no_name_of_the_library_is_defined_again(notebook):
    defined = set()
    for cell in code_cells(notebook):
        nodes = ast.walk(ast.parse(cell.source))
        defined |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert not defined & library_names()


def exercises(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if tags(cell) & EXERCISE_TAGS]


def test_there_are_enough_exercises(page, notebook):
    assert len(exercises(notebook)) >= EXERCISES_AT_LEAST.get(page, 3)


def test_exercises_follow_the_convention(notebook):
    for before, cell in zip(notebook.cells, notebook.cells[1:], strict=False):
        if not tags(cell) & EXERCISE_TAGS:
            continue
        assert before.cell_type == "markdown"
        assert re.search(r"^### Exercise \d+: .+\(\d+ (minutes|hours?)\)", before.source, re.MULTILINE), (
            before.source[:80]
        )
        assert "Hand in" in before.source, before.source[:80]
        assert "hide-cell" in tags(cell) and cell.metadata.get("jupyter", {}).get("source_hidden") is True
        if "exercise" in tags(cell):
            assert "### BEGIN SOLUTION" in cell.source and "### END SOLUTION" in cell.source
            assert re.search(r"^check\.\w+\(", cell.source, re.MULTILINE), "ends with its checker"


def names_bound(tree: ast.AST) -> set[str]:
    bound = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return bound | {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def test_no_later_cell_uses_an_answer(notebook):
    answers: set[str] = set()
    elsewhere: set[str] = set()
    for cell in code_cells(notebook):
        tree = ast.parse(cell.source)
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        if tags(cell) & EXERCISE_TAGS:
            answers |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
            continue
        elsewhere |= names_bound(tree)
        assert not used & (answers - elsewhere), f"uses the answer of an exercise: {cell.source}"


def prints(cell: nbformat.NotebookNode) -> bool:
    return bool(cell.outputs)


def test_at_most_one_in_ten_printing_cells_is_not_compared():
    cells = [cell for name in PAGES for cell in code_cells(read(name)) if prints(cell)]
    ignored = [cell for cell in cells if "nbval-ignore-output" in tags(cell)]
    assert len(ignored) <= IGNORED_AT_MOST * len(cells), f"{len(ignored)} of {len(cells)}"


def test_the_configuration_names_no_page_twice():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    assert contents["format"] == "jb-book"
    assert len(set(toc())) == len(toc())
