"""The run record: one file that says what was trained, on what, for how long, and how well it ended.

It is what the pages on emissions read. No torch here: reading a record must be immediate.
"""

import json
import math
import os
import platform
import re
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from a2e import tiers
from a2e.machine import accelerator, cpu_name, ram_gb
from a2e.paths import BUILD, DATA
from a2e.shapes import Count, Natural, NonNegative, Positive, Text, check_entries, checked, refuse, shown

SCHEMA = 1
COMMITTED = DATA / "runs"
OWN = BUILD / "runs"
WAYS = ("measured", "modelled", "assumed")
_KEYS: dict[str, dict[str, Any]] = {
    "machine": {"cpu": Text, "cores": Count | None, "accelerator": Text | None, "ram_gb": Positive},
    "corpus": {"name": Text, "train_bytes": Natural, "validation_bytes": Natural, "split": Text},
    "losses": {"validation_nats_per_token": NonNegative, "validation_bits_per_byte": NonNegative},
}
_AMOUNTS = dict.fromkeys(("kwh", "kwh_p05", "kwh_p95"), NonNegative)
_ENERGY: dict[str, Any] = {**_AMOUNTS, "tier": Text, "way": Text, "method": Text, "by_way": Any}
"""What each dictionary of a record holds, said as the signatures of the library say it."""


@checked
@dataclass(frozen=True)
class RunRecord:
    """A training run as plain numbers and words (schema version 1).

    Attributes:
        name: the run's name and file name.
        command: what to type to make it again.
        seed: of all random draws.
        versions: of Python and the packages that matter.
        machine: ``cpu, cores, accelerator`` (its name, None on a plain CPU), ``ram_gb`` (10^9 bytes).
        configuration: the model's sizes.
        tokenizer: its kind and vocabulary size.
        corpus: ``name, train_bytes, validation_bytes, split``.
        parameters: number of trained numbers.
        tokens: tokens that the model was trained on, repeats counted.
        flops: floating-point operations of training.
        flops_source: how they were counted.
        seconds: of training, as the meter saw them; evaluation is left out.
        peak_memory_mb: largest resident memory of the process, in 10^6 bytes.
        energy: ``kwh`` by the best ``way`` there is, with the ends of its 90 % interval, ``kwh_p05`` and
            ``kwh_p95``; ``tier``, that of its worst input; ``method``, how it was obtained, in words; and
            ``by_way``: kWh for each way, None where it cannot be had.
        losses: ``validation_nats_per_token, validation_bits_per_byte``.
    """

    name: Text
    command: Text
    seed: int
    versions: dict[str, str]
    machine: dict[str, Any]
    configuration: dict[str, Any]
    tokenizer: dict[str, Any]
    corpus: dict[str, Any]
    parameters: Count
    tokens: Count
    flops: Positive
    flops_source: Text
    seconds: Positive
    peak_memory_mb: Positive
    energy: dict[str, Any]
    losses: dict[str, Any]
    schema: Natural = SCHEMA

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for what a signature cannot say: keys, ways, finite amounts, a file name."""
        other = self.schema != SCHEMA
        refuse(other, f"schema is {self.schema}: give {SCHEMA}, the version that this library reads")
        _check_name(self.name)
        for field, hints in _KEYS.items():
            check_entries(field, getattr(self, field), hints)
        check_entries("versions", self.versions, dict.fromkeys(self.versions, Text))
        check_energy(self.energy)
        for field, value in vars(self).items():
            object.__setattr__(self, field, _as_json(field, value))

    @checked
    def save(self, folder: Path | None = None) -> Path:
        """Write ``NAME.json``, in one move, and return its path.

        A reader's run goes to ``_build/runs``; ``make refresh`` (A2E_REFRESH=1) writes the committed one.
        Raise ``ValueError`` for a record whose dictionaries no longer keep the contract.
        """
        record = RunRecord(**asdict(self))
        folder = folder or (COMMITTED if os.environ.get("A2E_REFRESH") else OWN)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        beside = folder / f"{self.name}.{os.getpid()}.part"  # a run cut off here leaves the old file whole
        try:
            text = json.dumps(asdict(record), indent=1, ensure_ascii=False)
            beside.write_text(text + "\n", encoding="utf-8")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        return path


def _check_name(name: str) -> None:
    wrong = not re.fullmatch("[a-z0-9-]+", name)
    refuse(wrong, f"name is {name!r}: give a-z, 0-9 and hyphens only, as it becomes a file name")


def _as_json(name: str, value: Any) -> Any:
    """Return ``value`` as JSON gives it back: with Python's own numbers, and lists for tuples."""
    if isinstance(value, dict):
        wrong = not all(isinstance(key, str) for key in value)
        refuse(wrong, f"{name} is {shown(value)}: give texts as its keys")
        return {key: _as_json(f"{name} {key}", item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(name, item) for item in value]
    if getattr(value, "shape", None) == ():  # a number of NumPy or torch
        value = value.item()
    good = math.isfinite(value) if isinstance(value, float) else isinstance(value, str | int | None)
    refuse(not good, f"{name} is {shown(value)}: give finite numbers, texts, None, or lists or dicts of them")
    return value


@checked
def check_energy(energy: dict[str, Any]) -> None:
    """Raise ``ValueError`` unless ``energy`` is a record's: ``kwh`` that of its way, and in its interval."""
    check_entries("energy", energy, _ENERGY)
    tiers.check(energy["tier"])
    kwh, way, ways = energy["kwh"], energy["way"], energy["by_way"]
    check_entries("by_way", ways, dict.fromkeys(WAYS, NonNegative | None))
    known = [name for name in WAYS if ways[name] is not None]
    refuse(not known, f"by_way is {shown(ways)}: give a number for at least one way")
    refuse(way not in known, f"way is {way!r}: give one with a number in by_way, {' or '.join(known)}")
    refuse(ways[way] != kwh, f"kwh is {kwh}: give the {way} one, {ways[way]}, as way says")
    low, high = energy["kwh_p05"], energy["kwh_p95"]
    refuse(not low <= kwh <= high, f"kwh is {kwh}: give one from kwh_p05, {low}, to kwh_p95, {high}")


@checked
def read_record(path: Path) -> RunRecord:
    """Return the record in one file; ``ValueError`` if it is not one."""
    try:
        return RunRecord(**json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ValueError(f"path is {str(path)!r}: give a file that can be read ({error.strerror})") from None
    except (json.JSONDecodeError, UnicodeDecodeError, TypeError, ValueError) as error:
        raise ValueError(f"path is {str(path)!r}: give a run record ({error})") from None


@checked
def load_record(name: Text) -> RunRecord:
    """Return the reader's own run ``name`` where there is one (a printed line says so), else the committed.

    Raise ``ValueError`` for an unknown one, and for a file that holds a run of another name.
    With A2E_COMMITTED_RUNS=1, as in the tests and in ``make refresh``, always the committed one.
    """
    _check_name(name)
    own, committed = OWN / f"{name}.json", COMMITTED / f"{name}.json"
    if own.exists() and not (os.environ.get("A2E_COMMITTED_RUNS") or os.environ.get("A2E_REFRESH")):
        print(f"Using your own run, {own.relative_to(BUILD.parent)}.")
        return _named(name, own)
    if not committed.exists():
        known = sorted(path.stem for path in COMMITTED.glob("*.json"))
        raise ValueError(
            f"name is {name!r}: give a committed run, {', '.join(known) or 'of which there is none'}"
        )
    return _named(name, committed)


def _named(name: str, path: Path) -> RunRecord:
    record = read_record(path)
    other = record.name != name
    refuse(other, f"name is {name!r}: rename {path.name} to {record.name}.json, the run that it holds")
    return record


def this_machine() -> dict[str, Any]:
    """Return CPU name, cores, accelerator (None on a plain CPU) and memory in GB of this machine."""
    return {"cpu": cpu_name(), "cores": os.cpu_count(), "accelerator": accelerator(), "ram_gb": ram_gb()}


@checked
def these_versions(packages: tuple[Text, ...] = ("torch", "numpy", "tokenizers", "gensim")) -> dict[str, str]:
    """Return the versions of Python and of ``packages``."""
    try:
        return {"python": platform.python_version()} | {package: version(package) for package in packages}
    except PackageNotFoundError as error:
        raise ValueError(f"packages is {packages}: give installed ones, which {error.name} is not") from None
