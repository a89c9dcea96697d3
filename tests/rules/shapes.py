"""Every call of the library is checked against its annotations, shapes included; loaded before a2e is."""

import sys

import jaxtyping
from beartype import BeartypeConf, beartype

assert "a2e.paths" not in sys.modules, "a2e was imported before its annotations could be checked"

typechecker = beartype(conf=BeartypeConf(is_pep484_tower=True))
"""Beartype that takes an int where a float is asked for, as type checkers do."""

HOOK = jaxtyping.install_import_hook("a2e", "tests.rules.shapes.typechecker")
