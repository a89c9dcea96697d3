"""Where the course keeps its files: facts and committed runs in ``data/``, everything made in ``_build/``."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
BUILD = ROOT / "_build"
