"""Where the course keeps its files: pages, facts and committed runs, and in ``_build/`` everything made."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ROOT / "chapters"
DATA = ROOT / "data"
BUILD = ROOT / "_build"
