"""What became of the mutants, and how that is told."""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from scipy.stats import binomtest

from tests.mutants.warm import Done


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: ``killed``, ``survived``, or ``unclear`` where pytest broke off."""

    place: str
    """File and line."""
    diff: str
    fate: str
    by: str
    """The test that failed, or why none did."""
    seconds: float = 0.0

    @property
    def part(self) -> str:
        """Return the part of the library, or the file beside the parts, that the mutant changes."""
        return self.place.partition(":")[0].split("/")[2]


def fate(done: Done) -> Fate:
    """Return what became of a mutant; its job is named by its place and, below that, its diff."""
    place, _, diff = done.name.partition("\n")
    if done.code is None:
        what, by = "killed", "it did not end in time"
    elif done.code < 0:
        what, by = "killed", f"Python ended with signal {-done.code}"
    elif done.code in (1, 2) and done.red:
        what, by = "killed", done.red[0]
    elif done.code == 0:
        what, by = "survived", "all tests passed"
    else:
        what, by = "unclear", done.output[-2000:]
    return Fate(place, diff, what, by, round(done.seconds, 1))


def share(fates: list[Fate]) -> str:
    """Return how many were killed, with the 95 % interval of the share (Wilson).

    >>> share([Fate("f.py:1", "", "killed", "")] * 19 + [Fate("f.py:2", "", "survived", "")])
    '19 of 20 killed: 95.0 % (76.4 to 99.1 %)'
    """
    killed = sum(fate.fate == "killed" for fate in fates)
    low, high = binomtest(killed, len(fates)).proportion_ci(0.95, "wilson")
    percent = [f"{100 * number:.1f}" for number in (killed / len(fates), low, high)]
    return "{} of {} killed: {} % ({} to {} %)".format(killed, len(fates), *percent)


def summary(fates: list[Fate], total: int) -> str:
    """Return each mutant that was not killed, the share killed of each part, and of all."""
    left = [f"{one.place}: {one.fate}, {one.by}\n{one.diff}\n" for one in fates if one.fate != "killed"]
    parts = defaultdict(list)
    for one in fates:
        parts[one.part].append(one)
    shares = [f"{part}: {share(found)}" for part, found in sorted(parts.items())]
    return "\n".join([*sorted(left), *shares, f"\nall: {share(fates)}, drawn from {total} mutants"])


def write(fates: list[Fate], total: int, folder: Path) -> None:
    """Print the summary, and keep it and all fates in ``folder``."""
    text = summary(fates, total)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.txt").write_text(f"{text}\n", encoding="utf-8")
    every = json.dumps([asdict(one) for one in fates], indent=1, ensure_ascii=False)
    (folder / "fates.json").write_text(f"{every}\n", encoding="utf-8")
    print(f"\n{text}\nThis is kept in {folder}.")
