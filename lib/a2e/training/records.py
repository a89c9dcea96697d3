"""The run record: one file that says what was trained, on what, for how long, and how well it ended.

It is what the pages on emissions read. No torch here: reading a record must answer at once.
"""

import json
import math
import os
import platform
import re
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from a2e.machine import cpu_name
from a2e.paths import BUILD, DATA

SCHEMA = 1
COMMITTED = DATA / "runs"
OWN = BUILD / "runs"
TIERS = ("measured", "modelled", "assumed")


@dataclass(frozen=True)
class RunRecord:
    """A training run as plain numbers and words (schema version 1).

    Attributes:
        name: the run's name and file name.
        command: what to type to make it again.
        seed: of all random draws.
        versions: of Python and the packages that matter.
        machine: ``cpu, cores, accelerator, ram_gb``.
        configuration: the model's sizes.
        tokenizer: its kind and vocabulary size.
        corpus: ``name, train_bytes, validation_bytes, split``.
        parameters: number of trained numbers.
        tokens: tokens that the model was trained on, repeats counted.
        flops: floating-point operations of training.
        flops_source: how they were counted.
        seconds: of training, as the meter saw them; evaluation is left out.
        peak_memory_mb: largest resident memory of the process, in 10^6 bytes.
        energy: ``kwh``, ``method`` and by_tier: kWh ``measured``, ``modelled`` and ``assumed``, None where it
            cannot be had. ``kwh`` is the best of the three, ``tier`` that of its worst input, so a modelled
            figure that rests on assumed watts is assumed.
        losses: ``validation_nats_per_token, validation_bits_per_byte``.
    """

    name: str
    command: str
    seed: int
    versions: dict[str, str]
    machine: dict[str, Any]
    configuration: dict[str, Any]
    tokenizer: dict[str, Any]
    corpus: dict[str, Any]
    parameters: int
    tokens: int
    flops: float
    flops_source: str
    seconds: float
    peak_memory_mb: float
    energy: dict[str, Any]
    losses: dict[str, float]
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ValueError(f"schema={self.schema} is unknown: this library reads version {SCHEMA}")
        _check_name(self.name)
        for field in ("parameters", "tokens", "flops", "seconds", "peak_memory_mb"):
            if not 0 < getattr(self, field) < math.inf:
                raise ValueError(f"{field}={getattr(self, field)} must be positive and finite")
        wanted = {
            "machine": {"cpu", "cores", "accelerator", "ram_gb"},
            "corpus": {"name", "train_bytes", "validation_bytes", "split"},
            "energy": {"kwh", "tier", "method", "by_tier"},
            "losses": {"validation_nats_per_token", "validation_bits_per_byte"},
        }
        for field, keys in wanted.items():
            if set(getattr(self, field)) != keys:
                raise ValueError(
                    f"{field} holds {sorted(getattr(self, field))}: it must hold {', '.join(sorted(keys))}"
                )
        for key, loss in self.losses.items():
            _check_amount(key, loss)
        _check_energy(self.energy)

    def save(self, folder: Path | None = None) -> Path:
        """Write ``NAME.json`` and return its path.

        A reader's run goes to ``_build/runs``; ``make refresh`` (A2E_REFRESH=1) writes the committed one.
        """
        folder = folder or (COMMITTED if os.environ.get("A2E_REFRESH") else OWN)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not re.fullmatch("[a-z0-9-]+", name):
        raise ValueError(f"name={name!r} becomes a file name: take a-z, 0-9 and hyphens only")


def _check_amount(name: str, value: float) -> None:
    if not 0 <= value < math.inf:
        raise ValueError(f"{name}={value} must be finite and not negative")


def _check_energy(energy: dict[str, Any]) -> None:
    if energy["tier"] not in TIERS:
        raise ValueError(f"energy tier {energy['tier']!r} must be one of {', '.join(TIERS)}")
    _check_amount("energy kwh", energy["kwh"])
    if set(energy["by_tier"]) != set(TIERS):
        raise ValueError(
            f"energy by_tier holds {sorted(energy['by_tier'])}: it must hold {', '.join(TIERS)} "
            "(None where unknown)"
        )
    for tier, kwh in energy["by_tier"].items():
        if kwh is not None:
            _check_amount(f"energy by_tier {tier}", kwh)


def read_record(path: Path) -> RunRecord:
    """The record in one file; ValueError if it is not one."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return RunRecord(**fields)
    except (json.JSONDecodeError, TypeError) as error:
        raise ValueError(f"{path} is not a run record: {error}") from None


def load_record(name: str) -> RunRecord:
    """The reader's own run ``name`` where there is one (said in a printed line), else the committed one.

    With A2E_COMMITTED_RUNS=1, as in the tests and in ``make refresh``, always the committed one.
    """
    _check_name(name)
    own, committed = OWN / f"{name}.json", COMMITTED / f"{name}.json"
    if own.exists() and not (os.environ.get("A2E_COMMITTED_RUNS") or os.environ.get("A2E_REFRESH")):
        print(f"Using your own run, {own.relative_to(BUILD.parent)}.")
        return read_record(own)
    if not committed.exists():
        known = sorted(path.stem for path in COMMITTED.glob("*.json"))
        raise ValueError(f"name={name!r} is no committed run: there is {', '.join(known) or 'none yet'}")
    return read_record(committed)


def this_machine() -> dict[str, Any]:
    """CPU name, cores, accelerator (None on a plain CPU) and memory of the machine that runs this."""
    import psutil

    return {
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "accelerator": None,
        "ram_gb": round(psutil.virtual_memory().total / 2**30),
    }


def these_versions(packages: tuple[str, ...] = ("torch", "numpy", "tokenizers", "gensim")) -> dict[str, str]:
    """Versions of Python and of ``packages``."""
    return {"python": platform.python_version()} | {package: version(package) for package in packages}
