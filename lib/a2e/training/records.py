"""The run record: one file that says what was trained, on what, for how long, and how well it ended.

It is what the pages on emissions read. No torch here: reading a record must answer at once.
"""

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

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
        seconds: of training, evaluation left out.
        peak_memory_mb: largest resident memory of the process, in 10^6 bytes.
        energy: ``kwh, tier, method, by_tier`` (kWh for each tier, None where it cannot be had).
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
        for field in ("parameters", "tokens", "flops", "seconds", "peak_memory_mb"):
            if not getattr(self, field) > 0:
                raise ValueError(f"{field}={getattr(self, field)} must be positive")
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
        if self.energy["tier"] not in TIERS:
            raise ValueError(f"energy tier {self.energy['tier']!r} must be one of {', '.join(TIERS)}")
        if not self.energy["kwh"] >= 0:
            raise ValueError(f"energy kwh={self.energy['kwh']} must not be negative")

    def save(self, folder: Path | None = None) -> Path:
        """Write ``NAME.json`` and return its path.

        A reader's run goes to ``_build/runs``; ``make refresh`` (A2E_REFRESH=1) writes the committed one.
        """
        folder = folder or (COMMITTED if os.environ.get("A2E_REFRESH") else OWN)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")
        return path


def read_record(path: Path) -> RunRecord:
    """The record in one file; ValueError if it is not one."""
    try:
        fields = json.loads(path.read_text())
        return RunRecord(**fields)
    except (json.JSONDecodeError, TypeError) as error:
        raise ValueError(f"{path} is not a run record: {error}") from None


def load_record(name: str) -> RunRecord:
    """The reader's own run ``name`` where there is one (said in a printed line), else the committed one.

    With A2E_COMMITTED_RUNS=1, as in the tests and in ``make refresh``, always the committed one.
    """
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
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "accelerator": None,
        "ram_gb": round(psutil.virtual_memory().total / 2**30),
    }


def these_versions(packages: tuple[str, ...] = ("torch", "numpy", "tokenizers", "gensim")) -> dict[str, str]:
    """Versions of Python and of ``packages``."""
    return {"python": platform.python_version()} | {package: version(package) for package in packages}


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
