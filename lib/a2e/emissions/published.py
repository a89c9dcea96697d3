"""Published training runs: what papers and model cards print, each fact with its unit, tier and source.

>>> gpt3 = find("p21-gpt3")
>>> print(gpt3.fact("power"))
330 W, measured (power), 1 source
"""

import csv
import difflib
from dataclasses import dataclass, field, replace
from functools import cache

from a2e.emissions.quantity import Quantity, exact
from a2e.paths import DATA
from a2e.shapes import Text, checked


@checked
@dataclass(frozen=True)
class Run:
    """A published run: who trained what on what, and the printed facts by name.

    Attributes:
        name: the run's name in the data.
        model: as its authors call it.
        family: groups runs of one team and time.
        lineage: groups runs of one model wherever they ran.
        architecture: dense, MoE (mixture of experts), …
        device: what it ran on, "" where nobody says.
        hours_fair: whether its hours can be predicted fairly from its FLOPs (T in the data's ``tests``).
        energy_measured: whether its energy was measured, so that power can be learned from it (E there).
        circular: whether the printed energy is itself hours × an assumed power, so says nothing of power.
        facts: the printed facts by name; neither these nor ``scopes`` are compared between runs.
        scopes: what each fact covers, "" where the data say no more (GPU alone, facility, net of purchases).
        secondary: names of facts that we have from memory or at second hand.
    """

    name: Text
    model: Text
    family: Text
    lineage: Text
    architecture: str
    device: str
    hours_fair: bool
    energy_measured: bool
    circular: bool
    facts: dict[str, Quantity] = field(compare=False)
    scopes: dict[str, str] = field(compare=False)
    secondary: frozenset[str]

    @checked
    def fact(self, quantity: Text) -> Quantity:
        """Return a printed fact such as ``device_hours`` or ``pue``; ``ValueError`` when none is printed."""
        if quantity not in self.facts:
            raise ValueError(f"quantity is {quantity!r}: take one that {self.name} prints, "
                             f"{', '.join(self.facts) or 'none at all'}")  # fmt: skip
        return self.facts[quantity]


@checked
def runs() -> dict[str, Run]:
    """Return all runs of ``data/published_models.csv``, by name, facts from ``data/published_runs.csv``.

    They are the caller's own copies: a change to them is in no later result.

    >>> runs()["p21-gpt3"].device
    'V100 SXM2'
    """
    return {
        name: replace(run, facts=dict(run.facts), scopes=dict(run.scopes)) for name, run in _runs().items()
    }


@cache
def _runs() -> dict[str, Run]:
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
            "T" in row["tests"], "E" in row["tests"], row["energy_circular"] == "yes",
            facts.get(row["run"], {}), scopes.get(row["run"], {}),
            frozenset(secondary.get(row["run"], set())),
        )
        for row in rows
    }  # fmt: skip


@checked
def find(name: Text) -> Run:
    """Return the run called ``name`` in the data; ``ValueError`` with the nearest names when there is none.

    >>> find("p21-gpt3").model
    'GPT-3 175B'
    """
    known = runs()
    if name not in known:
        near = difflib.get_close_matches(name.lower(), list(known), n=3, cutoff=0.3)
        hint = f"did you mean {', '.join(near)}?" if near else f"give one of {', '.join(known)}"
        raise ValueError(f"name is {name!r}: {hint}")
    return known[name]
