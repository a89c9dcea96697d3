"""Published training runs: what papers and model cards print, each fact with its unit, tier and source.

>>> gpt3 = find("p21-gpt3")
>>> print(gpt3.fact("power"))
330 W, measured (power), 1 source
"""

import csv
import difflib
from dataclasses import dataclass
from functools import cache

from a2e.emissions.quantity import Quantity, exact
from a2e.paths import DATA


@dataclass(frozen=True)
class Run:
    """A published run: who trained what on what, and the printed facts by name.

    ``family`` groups runs of one team and time, ``lineage`` runs of one model wherever they ran. ``tests``
    says what a run can be used for: T, its hours can be predicted fairly from its FLOPs; E, its energy was
    measured; X, both; A, arithmetic only. ``circular`` energy is itself hours × TDP × PUE.
    """

    name: str
    model: str
    family: str
    lineage: str
    architecture: str
    device: str
    tests: str
    circular: bool
    facts: dict[str, Quantity]
    scopes: dict[str, str]
    secondary: frozenset[str]

    def fact(self, quantity: str) -> Quantity:
        """A printed fact such as ``device_hours`` or ``pue``; ValueError when the source prints none."""
        if quantity not in self.facts:
            raise ValueError(f"{self.name} prints no {quantity}, only {', '.join(self.facts)}")
        return self.facts[quantity]


@cache
def runs() -> dict[str, Run]:
    """All runs of ``data/published_models.csv`` with their facts from ``data/published_runs.csv``, by name.

    >>> len(runs())
    63
    """
    facts: dict[str, dict[str, Quantity]] = {}
    scopes: dict[str, dict[str, str]] = {}
    secondary: dict[str, set[str]] = {}
    with (DATA / "published_runs.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            run, quantity = row["run"], row["quantity"]
            unit = "" if row["unit"] == "1" else row["unit"]
            value = exact(float(row["value"]), unit, row["tier"], quantity, row["source"])
            facts.setdefault(run, {})[quantity] = value
            scopes.setdefault(run, {})[quantity] = row["scope"]
            if row["source_seen"] != "primary":
                secondary.setdefault(run, set()).add(quantity)
    with (DATA / "published_models.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        row["run"]: Run(
            row["run"], row["model"], row["family"], row["lineage"], row["architecture"], row["device"],
            row["tests"], row["energy_circular"] == "yes", facts.get(row["run"], {}),
            scopes.get(row["run"], {}), frozenset(secondary.get(row["run"], set())),
        )
        for row in rows
    }  # fmt: skip


def find(name: str) -> Run:
    """The run called ``name`` in the data; ValueError with the nearest names when there is none.

    >>> find("p21-gpt3").model
    'GPT-3 175B'
    """
    if name not in runs():
        near = difflib.get_close_matches(name.lower(), list(runs()), n=3, cutoff=0.3)
        hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(runs())}"
        raise ValueError(f"run={name!r} is not in data/published_models.csv: {hint}")
    return runs()[name]
