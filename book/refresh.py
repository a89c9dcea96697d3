"""Execute notebooks in place, in reading order, and collect what each cost: ``make refresh
[PAGE=part/page]``.

Sets ``A2E_REFRESH=1``, so that runs of the course are written to ``data/runs``. Each notebook is executed in
a fresh kernel and saved with outputs, execution counts and no other trace of the run. ``data/page_costs.csv``
holds the cost line of each page, measured where it was refreshed last.
"""

import argparse
import csv
import datetime
import os
import sys

import nbformat
from a2e.paths import DATA
from a2e.training.records import this_machine
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm

from book.pages import chosen, notebooks, path, read

COSTS = DATA / "page_costs.csv"
FIELDS = ["page", "seconds", "peak_memory_mb", "energy_wh", "energy_method", "way", "tier", "carbon_g"]
FIELDS += ["intensity_g_per_kwh", "machine", "date", "source"]
TIMEOUT_SECONDS = 900
LAST = "intro"
WIDGET = "application/vnd.jupyter.widget-view+json"  # a progress bar that has gone
KEPT_CELL_METADATA = ("tags", "jupyter")
KEPT_METADATA = ("a2e", "kernelspec", "language_info")
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def execute(name: str) -> nbformat.NotebookNode:
    """Run the page ``name`` in a fresh kernel and return it with its outputs."""
    notebook = read(name)
    where = {"metadata": {"path": str(path(name).parent)}}
    client = NotebookClient(notebook, timeout=TIMEOUT_SECONDS, kernel_name="python3", resources=where)
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
    client.execute()
    return tidy(notebook)


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what differs from run to run or from editor to editor: times, widget state, versions of Python."""
    notebook.metadata = kept(notebook.metadata, KEPT_METADATA)
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata = kept(cell.metadata, KEPT_CELL_METADATA)
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
    return notebook


def joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return ``outputs`` with what was printed in one go in one piece: a kernel may cut it anywhere."""
    pieces: list[nbformat.NotebookNode] = []
    for output in outputs:
        before = pieces[-1] if pieces else None
        if before and output.output_type == "stream" and output.name == before.get("name"):
            before.text += output.text
        elif output.output_type != "update_display_data" and WIDGET not in output.get("data", {}):
            pieces.append(output)
    return pieces


def kept(metadata: nbformat.NotebookNode, keys: tuple[str, ...]) -> nbformat.NotebookNode:
    """Return ``metadata`` with only ``keys``."""
    return nbformat.from_dict({key: metadata[key] for key in keys if key in metadata})


def cost(notebook: nbformat.NotebookNode) -> dict[str, object] | None:
    """Return the cost that ``page.close()`` displayed, or None for a page without one."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "a2e" in output.get("metadata", {}):
                return dict(output["metadata"]["a2e"])
    return None


def write_costs(rows: list[dict[str, object]]) -> None:
    """Put ``rows`` into ``data/page_costs.csv``, one a page, in reading order; other pages keep theirs."""
    costs: dict[str, dict[str, object]] = {}
    if COSTS.exists():
        with COSTS.open(newline="", encoding="utf-8") as file:
            costs = {row["page"]: dict(row) for row in csv.DictReader(file)}
    machine = this_machine()
    now = {
        "machine": f"{machine['cpu']}, {machine['cores']} cores",
        "date": datetime.date.today().isoformat(),
        "source": "page.close() on this page",
    }
    costs |= {str(row["page"]): {**row, **now} for row in rows}
    COSTS.parent.mkdir(exist_ok=True)
    with COSTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(costs[name] for name in notebooks() if name in costs)


def main() -> None:
    """Refresh the pages that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "page", nargs="?", default="", help="such as transformer/attention; all pages if left out"
    )
    os.environ["A2E_REFRESH"] = "1"
    # The intro adds up what the others cost, so it comes last, whichever page was asked for.
    names = [name for name in chosen(parser.parse_args().page) if name != LAST]
    bar = tqdm([*names, LAST], unit="page", disable=None)
    for name in bar:
        bar.set_description(name)
        try:
            notebook = execute(name)
        except CellExecutionError as error:
            bar.close()
            sys.exit(f"{name} stopped, and its notebook is left as it was:\n{error}")
        nbformat.write(notebook, path(name))
        row = cost(notebook)
        if row:
            write_costs([row])
            print(f"{name}: {row['seconds']} s, {row['energy_wh']} Wh, {row['carbon_g']} g CO2e", flush=True)


if __name__ == "__main__":
    main()
