"""Draw mutants of the library and say which of them no test kills: ``make mutants N=400 SEED=0``.

Ends with 0 whatever the share killed, and with 2 where the library as it is does not pass in this machinery
or pytest stopped for another reason than a test.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.mutants.fates import Fate, fate, write
from tests.mutants.operators import Mutant, mutants
from tests.mutants.reach import LIBRARY, Reach, Red, reach
from tests.mutants.warm import ROOT, run_all, snapshot, warm_up


def texts(tree: Path) -> dict[str, str]:
    """Return the text of each file of the library, by its path from the root."""
    files = sorted((tree / LIBRARY).rglob("*.py"))
    return {file.relative_to(tree).as_posix(): file.read_text(encoding="utf-8") for file in files}


def try_all(drawn: list[Mutant], reached: Reach, tree: Path) -> Iterator[Fate]:
    """Yield the fate of each mutant as soon as it is known."""
    sources, jobs = texts(tree), []
    for mutant in drawn:
        source = sources[mutant.file]
        place, diff = f"{mutant.file}:{mutant.line(source)}", mutant.diff(source)
        job = reached.job(f"{place}\n{diff}", mutant, source)
        if job is None:
            yield Fate(place, diff, "survived", "no test reaches it")
        else:
            jobs.append(job)
    yield from map(fate, run_all(jobs, tree))


def main(number: int, seed: int, root: Path = ROOT) -> int:
    """Draw, try and tell; return the exit code."""
    warm_up()
    with snapshot(root) as tree:
        try:
            reached = reach(tree)
        except Red as red:
            print(f"{red}\nThe library as it is must pass before mutants can be tried.", file=sys.stderr)
            return 2
        every = [mutant for file, text in texts(tree).items() for mutant in mutants(file, text)]
        drawn = random.Random(seed).sample(every, min(number, len(every)))
        fates: list[Fate] = []
        for found in try_all(drawn, reached, tree):
            fates.append(found)
            print(f"{len(fates)}/{len(drawn)} {found.place} {found.fate}: {found.by}", flush=True)
    write(fates, len(every), root / "_build" / "mutants")
    return 2 if any(found.fate == "unclear" for found in fates) else 0


def numbers(words: list[str]) -> tuple[int, int]:
    """Return how many mutants and which seed a command line asks for; exit with 2 where it does not say."""
    if len(words) != 2 or not all(word.isdecimal() for word in words) or int(words[0]) < 1:
        said = f"N and SEED are {words}: give two whole numbers, N of at least 1, as in N=400 SEED=0"
        print(said, file=sys.stderr)
        sys.exit(2)
    return int(words[0]), int(words[1])


if __name__ == "__main__":
    sys.exit(main(*numbers(sys.argv[1:])))
