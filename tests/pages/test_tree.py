"""What holds for the whole tree: nothing points outside it, facts have sources, functions fit on a page."""

import ast
import csv
import re
import statistics
from pathlib import Path
from typing import Any

import pytest
from a2e.paths import DATA, ROOT
from a2e.tiers import DEFINITIONS, TIERS

from book.build import git
from tests.rules.report import FIGURES

FOLDERS = ("lib", "book", "tests", "chapters", "data", ".ci", ".github", ".binder", ".devcontainer")
LIBRARY = sorted((ROOT / "lib").rglob("*.py"))
TABLES = sorted(DATA.glob("*.csv"))
UNITS = re.compile(r"(_|^)(seconds|mb|wh|kwh|g|kg|t|h|w|mw|gb|usd|m3|per_kwh|bytes|tokens|flops|percent|km)$")
UNITLESS = {"year", "arxiv"}


def files() -> list[Path]:
    """Return what git tracks or would, so what a clone holds; without git, what the folders hold."""
    listed = git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    if listed != [""]:
        return [ROOT / name for name in listed if (ROOT / name).is_file()]
    inside = [file for name in FOLDERS for file in (ROOT / name).rglob("*") if file.is_file()]
    top = [file for file in ROOT.iterdir() if file.is_file()]
    caches = {"__pycache__", ".ipynb_checkpoints", "a2e.egg-info"}
    return [file for file in inside + top if not caches & set(file.parts)]


def test_nothing_refers_to_a_folder_beside_the_course():
    outside = b"../" + b"shared"
    assert not [file for file in files() if outside in file.read_bytes()]


def test_what_git_ignores_is_not_needed_by_a_clone():
    assert {ROOT / "requirements.txt", ROOT / "Makefile", *LIBRARY, *TABLES} <= set(files())


def test_no_file_is_larger_than_two_megabytes():
    assert not [file for file in files() if file.stat().st_size > 2_000_000]


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def faults(table: list[dict[str, str]]) -> list[str]:
    """Say what a table of facts lacks.

    Each row names its source. A table of one fact a row (it has ``value``) gives each value a unit and a
    tier; in any other table a column of numbers carries its unit in its name, and each row has a tier.
    """
    found = [
        f"row {n} has no source" for n, row in enumerate(table, 2) if not (row.get("source") or "").strip()
    ]
    if table and "value" in table[0]:
        for n, row in enumerate(table, 2):
            found += [f"row {n} has no value"] * (not row["value"].strip())
            found += [f"row {n} has a number without a unit"] * (
                number(row["value"]) and not row["unit"].strip()
            )
            found += [f"row {n} has tier {row['tier']!r}"] * (row["tier"] not in TIERS)
        return found
    for column in table[0] if table else []:
        values = [row[column] for row in table if row[column]]
        if column in UNITLESS or not values or not all(map(number, values)):
            continue
        found += [f"column {column} does not name its unit"] * (not UNITS.search(column))
        found += [f"row {n} has no tier" for n, row in enumerate(table, 2) if row.get("tier") not in TIERS]
    return found


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_facts_have_units_tiers_and_sources(table):
    assert not faults(rows(table))


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"value": "5", "unit": "W", "tier": "measured", "source": ""}, "row 2 has no source"),
        ({"value": "5", "unit": "", "tier": "measured", "source": "a"}, "row 2 has a number without a unit"),
        ({"value": "5", "unit": "W", "tier": "guessed", "source": "a"}, "row 2 has tier 'guessed'"),
        ({"value": "", "unit": "W", "tier": "measured", "source": "a"}, "row 2 has no value"),
        ({"power": "5", "tier": "measured", "source": "a"}, "column power does not name its unit"),
        ({"power_w": "5", "source": "a"}, "row 2 has no tier"),
    ],
)
def test_a_fact_without_its_source_is_rejected(row, fault):
    assert faults([row]) == [fault]


def test_the_readme_of_data_says_where_each_file_came_from():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    assert not [
        file.name for file in DATA.iterdir() if f"`{file.name}" not in text and file.name != "README.md"
    ]


@pytest.mark.parametrize(
    "file",
    ["data/README.md", "chapters/notation.md", "chapters/glossary.md", "chapters/intro.ipynb",
     "chapters/emissions/first-estimate.ipynb"],
)  # fmt: skip
def test_the_tiers_have_one_definition(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not [words for words in DEFINITIONS.values() if words not in text]


def functions(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_functions_fit_on_a_page_and_files_hold_one_idea():
    lengths = {}
    for file in LIBRARY:
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 300, f"{file} holds two ideas"
        for node in functions(file):
            lengths[f"{file.relative_to(ROOT)}:{node.name}"] = (
                (node.end_lineno or node.lineno) - node.lineno + 1
            )
    longest = max(lengths, key=lambda name: lengths[name])
    assert lengths[longest] <= 45, f"{longest} has {lengths[longest]} lines"
    median = statistics.median(lengths.values())
    FIGURES["functions"] = f"{len(lengths)}, median {median:g} lines, longest {lengths[longest]} ({longest})"


def refuses(node: Any) -> bool:
    """Say whether a statement does nothing but refuse: a raise, a condition on one, or a call of a check."""
    match node:
        case ast.If(orelse=[]) | ast.For(orelse=[]):
            return all(map(refuses, node.body))
        case ast.Expr(value=ast.Call(func=called)):
            return re.match(r"_?(check_|refuse)", ast.unparse(called).rpartition(".")[2]) is not None
        case ast.FunctionDef(name=name):
            return re.match(r"_?(check_|refuse)", name) is not None
    return isinstance(node, ast.Raise)


def refusals(source: str) -> float:
    """Return the fraction of the lines of ``source`` that only refuse, blank lines left out."""
    nodes: list[Any] = [node for node in ast.walk(ast.parse(source)) if refuses(node)]
    lines = {line for node in nodes for line in range(node.lineno, node.end_lineno + 1)}
    return len(lines) / sum(bool(line.strip()) for line in source.splitlines())


SHOWN = (
    *("transformer/attention", "transformer/models"),
    *("objectives/causal", "objectives/masked", "training/loop"),
)


def test_refusals_hide_no_idea_in_the_files_that_pages_show():
    found = {name: refusals((ROOT / f"lib/a2e/{name}.py").read_text(encoding="utf-8")) for name in SHOWN}
    FIGURES["lines that only refuse"] = ", ".join(f"{name} {share:.1%}" for name, share in found.items())
    assert max(found.values()) <= 0.05


def test_refusals_are_counted():
    source = """
def f(x):
    if x < 0:
        raise ValueError("x")
    refuse(x > 9, "x")
    shapes.check_ids(x)
    y = x + 1

    return y
def _check_all(x):
    for y in x:
        _check_one(y)
"""
    assert refusals(source) == 7 / 10


ARROWS = {
    "language": {"language"},
    "transformer": {"language", "transformer"},
    "objectives": {"language", "transformer", "objectives"},
    "training": {"language", "transformer", "objectives", "training", "scale"},
    "adaptation": {"language", "transformer", "objectives", "training", "adaptation"},
    "scale": {"scale", "transformer"},
    "emissions": {"emissions", "scale", "training", "transformer"},
}


ABOVE = ("page", "show", "plots", "check", "cli", "book")


def part(file: Path) -> str:
    return file.relative_to(ROOT / "lib" / "a2e").parts[0]


def reached(source: str) -> set[str]:
    """Return what ``source`` imports of ours: names right under a2e, and the packages book and tests."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = "a2e." if node.level else ""  # relative, which the library never is
            names = [f"{above}{node.module or ''}.{alias.name}".replace("..", ".") for alias in node.names]
        else:
            continue
        for top, _, rest in (name.partition(".") for name in names):
            if top == "a2e":
                found.add(rest.split(".")[0] or "a2e")
            elif top in ("book", "tests"):
                found.add(top)
    return found


def astray(source: str, part: str) -> set[str]:
    """Return what a file of ``part`` imports against the arrows."""
    return reached(source) - ARROWS[part] - {"machine", "paths", "shapes", "tiers"}


@pytest.mark.parametrize(
    "file",
    [file for file in LIBRARY if part(file) in ARROWS],
    ids=lambda file: file.relative_to(ROOT / "lib").as_posix(),
)
def test_arrows_between_parts_run_one_way(file):
    assert not astray(file.read_text(encoding="utf-8"), part(file))


@pytest.mark.parametrize("name", ABOVE)
@pytest.mark.parametrize(
    "form", ["from a2e import {}", "import a2e.{}", "def f():\n    from a2e.{} import x"]
)
def test_an_import_from_above_is_rejected_in_each_part(name, form):
    source = "import torch\n" + (f"from {name} import x" if name == "book" else form.format(name))
    assert all(astray(source, part) == {name} for part in ARROWS)


def test_an_import_against_an_arrow_is_rejected():
    assert astray("from a2e import emissions, paths", "training") == {"emissions"}
    assert astray("from a2e.training.loop import train", "transformer") == {"training"}
    assert astray("import a2e", "language") == {"a2e"}
    assert not astray("from a2e.scale.flops import training_flops", "training")


TORCH_FREE = (
    "a2e",
    "a2e.transformer.configurations",
    "a2e.training.records",
    "a2e.check",
    "a2e.page",
    "a2e.plots",
)


@pytest.mark.parametrize("part", ["scale", "emissions"])
def test_scale_and_emissions_import_no_torch(part, imports):
    modules = [file.stem for file in (ROOT / "lib" / "a2e" / part).glob("*.py") if file.stem != "__init__"]
    assert modules
    assert "torch" not in imports([f"a2e.{part}.{module}" for module in modules])


def test_configurations_records_and_the_frame_import_no_torch(imports):
    assert "torch" not in imports(list(TORCH_FREE))


def test_the_models_of_transformer_do_import_torch(imports):
    assert "torch" in imports(["a2e.transformer.attention"])
