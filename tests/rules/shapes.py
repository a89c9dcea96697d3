"""Every call of the library is checked against its annotations, inner ones too; loaded before a2e is."""

import importlib.util
import sys
from pathlib import Path

import jaxtyping
from beartype import beartype

assert "a2e.paths" not in sys.modules, "a2e was imported before its annotations could be checked"

# These two stay unchecked: a check of their functions would hide the sizes that they compare.
LIBRARY = next(path for path in map(Path, [*sys.path, "lib"]) if (path / "a2e" / "shapes.py").is_file())
for name in ("hints", "shapes"):
    spec = importlib.util.spec_from_file_location(f"a2e.{name}", LIBRARY / "a2e" / f"{name}.py")
    assert spec and spec.loader
    sys.modules[f"a2e.{name}"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[f"a2e.{name}"])

typechecker = beartype(conf=sys.modules["a2e.shapes"].CONF)
"""Beartype that takes an int where a float is asked for, and a bool for neither."""

HOOK = jaxtyping.install_import_hook("a2e", "tests.rules.shapes.typechecker")
