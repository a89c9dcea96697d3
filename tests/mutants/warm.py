"""Run tests on changed copies of the course, each in a fork of one process that holds the heavy imports.

A copy is a folder of links to a snapshot of the tree, in which the changed files are written anew: the tree
itself is never touched, and what a test starts as a process of its own finds the changed library too.

``python -m tests.mutants.warm`` reads jobs as JSON, ``[{"name", "changed", "tests"}, ...]``, and writes one
line of JSON a job: its name, pytest's exit code (null when it took too long) and what pytest printed.
"""

import gc
import importlib
import json
import math
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest
from _pytest.config import default_plugins

ROOT = Path(__file__).resolve().parents[2]
OURS = {"a2e", "a2e_data", "book", "tests", "conftest"}
HEAVY = (
    "torch", "transformers.models.bert.modeling_bert", "transformers.models.gpt2.modeling_gpt2",
    "scipy.stats", "scipy.optimize", "matplotlib.pyplot", "IPython.display", "gensim", "tokenizers", "pint",
    "codecarbon", "ecologits", "nbformat", "nbval.plugin", "hypothesis.strategies", "jaxtyping", "beartype",
    "anyio.pytest_plugin", *(f"_pytest.{name}" for name in default_plugins),
)  # fmt: skip
"""What the tests import and what takes long to import."""
QUIET = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
"""Pytest would say that it cannot rewrite the asserts of plugins that were imported before it started."""
FORK = multiprocessing.get_context("fork")
SECONDS, WORKERS = 300.0, 2
OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL)
"""Exit codes of a process that used up its seconds of the processor: the system sends one or the other."""


@dataclass(frozen=True)
class Job:
    """Tests to run on a copy in which the files of ``changed`` (path from the root: text) are as given.

    ``tests`` are files or folders; ``first`` names the tests of them that run first, in this order. They may
    take ``seconds`` of the processor, so that a busy machine changes nothing, and four times as many of the
    clock.
    """

    name: str
    changed: dict[str, str]
    tests: list[str]
    first: list[str] = field(default_factory=list)
    seconds: float = SECONDS


@dataclass(frozen=True)
class Done:
    """How a job ended: pytest's exit code, negative where a signal ended it, None where it took too long."""

    name: str
    code: int | None
    output: str
    seconds: float

    @property
    def red(self) -> list[str]:
        """Return the tests that failed."""
        said = [line.partition(" ") for line in self.output.splitlines()]
        return [rest.partition(" - ")[0] for word, _, rest in said if word in ("FAILED", "ERROR")]


class Choose:
    """Pytest plugin: puts a job's tests into its order."""

    def __init__(self, job: Job) -> None:
        self.rank = {name: rank for rank, name in enumerate(job.first)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort the tests; those that the job does not name keep their order."""
        items.sort(key=lambda item: self.rank.get(item.nodeid, len(self.rank)))


def warm_up() -> None:
    """Import what is heavy and is not ours, and keep the collector from walking over it in each fork."""
    for name in HEAVY:
        importlib.import_module(name)
    assert not OURS & set(sys.modules) - {"tests"}, "the library was imported before the fork"
    gc.freeze()


@contextmanager
def snapshot(root: Path) -> Iterator[Path]:
    """Copy a course as it is now, until the context ends. Of what is made from it, only compiled files come
    along."""
    made = shutil.ignore_patterns(".git", ".venv", "_build", ".ipynb_checkpoints", "*_cache")
    with tempfile.TemporaryDirectory(prefix="a2e-mutants-") as folder:
        yield Path(shutil.copytree(root, Path(folder) / "tree", ignore=made, symlinks=True))


def changed_copy(tree: Path, changed: dict[str, str]) -> Path:
    """Return a copy of a snapshot, beside it, in which some files are changed."""
    folder = Path(tempfile.mkdtemp(dir=tree.parent)) / "tree"
    shutil.copytree(tree, folder, copy_function=os.link)
    for name, text in changed.items():
        file = folder / name
        file.unlink()  # a link: writing into it would change the snapshot
        file.write_text(text, encoding="utf-8")
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
            compiled.unlink()
    return folder


def inside(folder: Path, arguments: list[str], plugins: list[Any], seconds: float = SECONDS) -> None:
    """Run pytest in ``folder`` and end the process; what is printed goes to ``output`` beside the folder."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds)))
    with (folder.parent / "output").open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.chdir(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    ours = [str(folder), str(folder / "lib")]
    sys.path[:] = ours + [path for path in sys.path if Path(path).resolve() not in (ROOT, ROOT / "lib")]
    os.environ |= {"PYTHONPATH": os.pathsep.join(ours), "OMP_NUM_THREADS": "1"}
    _settle()
    code = pytest.main([*QUIET, *arguments], plugins=plugins)
    library = sys.modules.get("a2e")
    assert library is None or str(library.__file__).startswith(str(folder)), "not the copy's library"
    sys.exit(code)


def _settle() -> None:
    """Make a run repeat: one thread, no stored examples, and no deadline that a busy machine misses."""
    import torch
    from hypothesis import settings

    torch.set_num_threads(1)
    settings.register_profile("mutants", deadline=None, database=None)
    settings.load_profile("mutants")


def start(job: Job, tree: Path) -> tuple[ForkProcess, Path]:
    """Start a job in a process of its own; return it and its folder."""
    folder = changed_copy(tree, job.changed)
    arguments = ["-x", "--hypothesis-seed=0", *job.tests]
    sys.dont_write_bytecode = True
    process = FORK.Process(target=inside, args=(folder, arguments, [Choose(job)], job.seconds))
    process.start()
    return process, folder.parent


def run_all(jobs: Iterable[Job], tree: Path, workers: int = WORKERS) -> Iterator[Done]:
    """Run jobs on copies of the snapshot ``tree``, some at a time, and yield each when it has ended."""
    waiting = iter(jobs)
    running: dict[int, tuple[Job, ForkProcess, Path, float]] = {}
    try:
        while True:
            while len(running) < workers and (job := next(waiting, None)):
                process, folder = start(job, tree)
                running[process.sentinel] = (job, process, folder, time.monotonic())
            if not running:
                return
            wait(list(running), timeout=1.0)
            for sentinel, (job, process, folder, since) in list(running.items()):
                seconds = time.monotonic() - since
                if not process.is_alive() or seconds > 4 * job.seconds:
                    del running[sentinel]
                    yield end(job, process, folder, seconds)
    finally:
        for _, process, _, _ in running.values():
            stop(process)


def stop(process: ForkProcess) -> None:
    """Stop a process of :func:`inside` and all that it started."""
    assert process.pid
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.join()


def end(job: Job, process: ForkProcess, folder: Path, seconds: float) -> Done:
    """Return how a job ended, and leave nothing of it."""
    code = None if process.is_alive() or process.exitcode in OUT_OF_TIME else process.exitcode
    stop(process)
    output = (folder / "output").read_text(encoding="utf-8", errors="replace")
    shutil.rmtree(folder)
    return Done(job.name, code, output, seconds)


def main() -> None:
    """Run the jobs that standard input holds."""
    jobs = [Job(**job) for job in json.load(sys.stdin)]
    warm_up()
    with snapshot(ROOT) as tree:
        for done in run_all(jobs, tree):
            print(json.dumps(asdict(done)), flush=True)


if __name__ == "__main__":
    main()
