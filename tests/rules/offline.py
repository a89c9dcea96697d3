"""No test and no page reaches another host; and pages read the committed run records."""

import importlib.util
import os
from pathlib import Path

OFFLINE = Path(__file__).resolve().parents[2] / "book" / "offline"
SITECUSTOMIZE = OFFLINE / "sitecustomize.py"


def block() -> None:
    """Block connections in this process, and through the environment in the kernels it starts."""
    spec = importlib.util.spec_from_file_location("a2e_offline", SITECUSTOMIZE)
    assert spec and spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    paths = [str(OFFLINE), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)


block()
os.environ["A2E_COMMITTED_RUNS"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
os.environ.setdefault("MPLBACKEND", "agg")
