"""Calls that one argument alone does not show."""

REFUSED: dict[str, str] = {}
"""Each with the argument that its sentence names."""

RIGHT: dict[str, str] = {}
"""Each with what it returns, an expression to compare with."""
