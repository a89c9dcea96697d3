"""Every mutant of a source: one operator, constant or branch changed, the rest of the text as it was.

The operators are those of cosmic-ray for arithmetic, comparison, constants and branches, without the bit
operators. They are written here because cosmic-ray works on a tree of its own (parso) and runs a process a
mutant; what is needed of it are these tables.

Not drawn, because no test could or should see them: annotations, ``if TYPE_CHECKING``, what is inside
``raise``, and the messages of ``assert`` and ``require``. Strings, docstrings among them, have no operator.
An operator beside a string (``ROOT / "data"``) is no arithmetic: any change of it raises at once, which would
flatter the tests.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
COMPARISON = (
    (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
    (ast.Is, ast.IsNot),  # apart: `is` for == of small numbers is the same, and of others a warning
    (ast.In, ast.NotIn),
)
OF_TEXT = ((ast.Eq, ast.NotEq),)
"""A text is compared by == and !=: no slip of the pen orders texts."""
UNTESTED = {"annotation", "returns", "exc", "msg"}
"""Fields of the syntax tree whose code is not drawn."""

Change = tuple[ast.AST, ast.AST]
"""A part of the tree, and what stands there instead."""


@dataclass(frozen=True)
class Place:
    """Where a change stands: the lines whose run shows that it ran, and whether that is at import."""

    lines: tuple[int, int] | None = None
    at_import: bool = True
    text: ast.JoinedStr | None = None
    """The outermost f-string around it: positions inside one are wrong before Python 3.12."""


@dataclass(frozen=True)
class Mutant:
    """A file with the bytes ``start`` to ``stop`` replaced by ``text``; ``lines``: first and last."""

    file: str
    lines: tuple[int, int]
    at_import: bool
    start: int
    stop: int
    text: str

    def apply(self, source: str) -> str:
        """Return the mutated text of the file.

        >>> mutants("f.py", "x = a + 1")[0].apply("x = a + 1")
        'x = (a - 1)'
        """
        whole = source.encode()
        return (whole[: self.start] + self.text.encode() + whole[self.stop :]).decode()

    def line(self, source: str) -> int:
        """Return the line in which the change starts."""
        return source.encode()[: self.start].count(b"\n") + 1

    def diff(self, source: str) -> str:
        """Return the changed lines, before and after.

        >>> print(mutants("f.py", "y = 0\\nx = a + 1")[2].diff("y = 0\\nx = a + 1"))
        - x = a + 1
        + x = (a - 1)
        """
        first = source.encode()[: self.start].count(b"\n")
        after = source.encode()[self.stop :].count(b"\n")
        before, now = source.split("\n"), self.apply(source).split("\n")
        signed = (("-", before), ("+", now))
        return "\n".join(
            f"{sign} {line.strip()}" for sign, lines in signed for line in lines[first : len(lines) - after]
        )


def mutants(file: str, source: str) -> list[Mutant]:
    """Return all mutants of ``source``, the text of ``file``.

    >>> [mutant.text for mutant in mutants("f.py", "x = -a if a < 0 else 2")]
    ['(not a < 0)', '(a == 0)', '(a != 0)', '(a <= 0)', '(a > 0)', '(a >= 0)', '1', '(-1)', '(+a)', '3', '1']
    """
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for old, new, place in _changes(ast.parse(source), Place()):
        at = place.text or old
        assert isinstance(at, ast.stmt | ast.expr) and place.lines and at.end_lineno and at.end_col_offset
        start, stop = starts[at.lineno - 1] + at.col_offset, starts[at.end_lineno - 1] + at.end_col_offset
        # deepcopy takes what its memo holds: here the new node in place of the old one.
        text = _in_place(copy.deepcopy(at, {id(old): new}))
        found.append(Mutant(file, place.lines, place.at_import, start, stop, text))
    return found


def _in_place(node: ast.AST) -> str:
    """Return a node's text, in parentheses where what stands around it might bind more tightly."""
    text = ast.unparse(node)
    whole = isinstance(node, ast.stmt | ast.List | ast.JoinedStr | ast.Name | ast.Call)
    number = isinstance(node, ast.Constant) and not text.startswith("-")
    return text if whole or number else f"({text})"


def _changes(node: ast.AST, place: Place) -> Iterator[tuple[ast.AST, ast.AST, Place]]:
    """Yield every change of ``node`` and of what it holds."""
    place = _place(node, place)
    for old, new in (*_operators(node), *_constants(node), *_branches(node)):
        inside = place if place.lines else _place(old, place)
        yield old, new, inside
    for field, value in ast.iter_fields(node):
        if field in UNTESTED or _is_for_types(node):
            continue
        later = field == "body" and isinstance(node, ast.FunctionDef | ast.Lambda)
        inside = Place(place.lines, place.at_import and not later, place.text)
        children = value if isinstance(value, list) else [value]
        for child in children[:1] if field == "args" and _is_require(node) else children:
            if isinstance(child, ast.AST):
                yield from _changes(child, inside)


def _place(node: ast.AST, around: Place) -> Place:
    """Return the place of ``node``: the lines of its statement, or of its part of a statement with a body."""
    lines, text = around.lines, around.text
    if isinstance(node, ast.stmt):
        lines = None if hasattr(node, "body") else (node.lineno, node.end_lineno or node.lineno)
    elif isinstance(node, ast.expr) and lines is None:
        lines = (node.lineno, node.end_lineno or node.lineno)
    if isinstance(node, ast.JoinedStr) and text is None:
        text = node
    return Place(lines, around.at_import, text)


def _operators(node: ast.AST) -> Iterator[Change]:
    """Yield what arithmetic and comparison may turn into."""
    match node:
        case ast.BinOp(left, op, right) if not (_is_text(left) or _is_text(right)):
            yield from ((node, ast.BinOp(left, other, right)) for other in _others(op, (ARITHMETIC,)))
        case ast.AugAssign(target, op, value) if not _is_text(value):
            yield from ((node, ast.AugAssign(target, other, value)) for other in _others(op, (ARITHMETIC,)))
        case ast.UnaryOp(ast.USub(), operand):
            yield node, ast.UnaryOp(ast.UAdd(), operand)
        case ast.Compare(left, ops, right):
            families = OF_TEXT + COMPARISON[1:] if any(map(_is_text, (left, *right))) else COMPARISON
            for i, old in enumerate(ops):
                for other in _others(old, families):
                    yield node, ast.Compare(left, [*ops[:i], other, *ops[i + 1 :]], right)


def _constants(node: ast.AST) -> Iterator[Change]:
    """Yield a number one more and one less, and the other truth."""
    match node:
        case ast.Constant(bool(value)):
            yield node, ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield from ((node, ast.Constant(value + step)) for step in (1, -1))


def _branches(node: ast.AST) -> Iterator[Change]:
    """Yield and for or, a condition and its opposite, break for continue, and a loop over nothing."""
    match node:
        case ast.BoolOp(op, values):
            yield node, ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield node, operand
        case ast.Break():
            yield node, ast.Continue()
        case ast.Continue():
            yield node, ast.Break()
        case ast.For(iter=over):
            yield over, ast.List([], ast.Load())
    for test in getattr(node, "ifs", [getattr(node, "test", None)]):
        if isinstance(test, ast.expr) and not isinstance(node, ast.Assert) and not _is_not(test):
            yield test, ast.UnaryOp(ast.Not(), test)


def _others(op: ast.AST, families: tuple[tuple[type, ...], ...]) -> list:
    """Return one of each other operator of the family of ``op``; none where it belongs to no family."""
    return [other() for family in families if type(op) in family for other in family if type(op) is not other]


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _is_require(node: ast.AST) -> bool:
    """Say whether a checker requires something here: what comes after the condition is its message."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "require"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_not(node: ast.expr) -> bool:
    """Say whether a condition starts with ``not``: its opposite is drawn where the ``not`` stands."""
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
