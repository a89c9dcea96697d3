"""Draw mutants of the library and say which of them no test kills: ``make mutants N=400 SEED=0``.

Ends with 0 whatever the share killed, and with 2 where the library as it is does not pass in this machinery.
"""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from scipy.stats import binomtest

from tests.mutants.operators import Mutant, mutants
from tests.mutants.reach import LIBRARY, Reach, Red, reach
from tests.mutants.warm import ROOT, Done, run_all, snapshot, warm_up

FOLDER = ROOT / "_build" / "mutants"


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: ``killed``, ``survived``, or ``unclear`` where pytest itself stopped."""

    place: str
    diff: str
    fate: str
    by: str
    seconds: float


def all_mutants(tree: Path) -> dict[str, list[Mutant]]:
    """Return the mutants of each file of the library in the snapshot ``tree``."""
    files = sorted(path.relative_to(tree).as_posix() for path in (tree / LIBRARY).rglob("*.py"))
    return {file: mutants(file, (tree / file).read_text(encoding="utf-8")) for file in files}


def fate(done: Done) -> tuple[str, str]:
    """Return what became of a mutant, and by which test or why."""
    if done.code is None:
        return "killed", f"ran for more than {done.seconds:.0f} s"
    if done.code < 0:
        return "killed", f"Python ended with signal {-done.code}"
    if done.red and done.code in (1, 2):
        return "killed", done.red[0]
    return ("survived", "all tests passed") if done.code == 0 else ("unclear", done.output[-2000:])


def try_all(drawn: list[Mutant], reached: Reach, tree: Path) -> Iterator[Fate]:
    """Yield the fate of each mutant as it is known."""
    texts = {mutant.file: (tree / mutant.file).read_text(encoding="utf-8") for mutant in drawn}
    jobs = {}
    for mutant in drawn:
        source = texts[mutant.file]
        place, diff = f"{mutant.file}:{mutant.line(source)}", mutant.diff(source)
        name = f"{place}\n{diff}"
        job = reached.job(name, mutant, source)
        if job is None:
            yield Fate(place, diff, "survived", "no test reaches it", 0.0)
        else:
            jobs[name] = job
    for done in run_all(jobs.values(), tree):
        yield Fate(*done.name.split("\n", 1), *fate(done), round(done.seconds, 1))


def summary(fates: list[Fate], total: int) -> str:
    """Return the share killed with its interval, and each survivor with its change."""
    killed = sum(fate.fate == "killed" for fate in fates)
    low, high = binomtest(killed, len(fates)).proportion_ci(0.95, "wilson")
    lines = [
        f"{killed} of {len(fates)} mutants killed, drawn from {total}: {killed / len(fates):.1%} "
        f"(95 % interval {low:.1%} to {high:.1%})"
    ]
    for fate in sorted(fates, key=lambda fate: fate.place):
        if fate.fate != "killed":
            lines.append(f"\n{fate.place}: {fate.fate}, {fate.by}\n{fate.diff}")
    return "\n".join(lines)


def main(number: int, seed: int) -> int:
    """Draw, try and report; return the exit code."""
    warm_up()
    with snapshot() as tree:
        try:
            reached = reach(tree)
        except Red as red:
            print(f"{red}\nThe library as it is must pass before mutants can be tried.", file=sys.stderr)
            return 2
        every = [mutant for found in all_mutants(tree).values() for mutant in found]
        drawn = random.Random(seed).sample(every, min(number, len(every)))
        fates = []
        for found in try_all(drawn, reached, tree):
            fates.append(found)
            print(f"[{len(fates)}/{len(drawn)}] {found.fate} {found.place}: {found.by}", flush=True)
    write(fates, len(every))
    return 2 * any(found.fate == "unclear" for found in fates)


def write(fates: list[Fate], total: int) -> None:
    """Print the summary, and keep it and all fates in ``_build/mutants``."""
    text = summary(fates, total)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "fates.json").write_text(json.dumps([asdict(fate) for fate in fates], indent=1) + "\n", "utf-8")
    (FOLDER / "summary.txt").write_text(text + "\n", "utf-8")
    print(f"\n{text}\n\nAll fates are in {FOLDER.relative_to(ROOT)}/fates.json.")


if __name__ == "__main__":
    try:
        NUMBER, SEED = (int(text) for text in sys.argv[1:])
        assert NUMBER > 0
    except (ValueError, AssertionError):
        sys.exit("give a number of mutants, at least 1, and a seed: make mutants N=400 SEED=0")
    sys.exit(main(NUMBER, SEED))
