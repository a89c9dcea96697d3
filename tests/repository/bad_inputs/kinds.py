"""The kinds of argument, the values that each refuses, and one call with one of them.

``CALLS`` of each part holds, for each public function, the arguments of a call that works and the kind of
each argument. `cases` puts every value of ``BAD`` for that kind in the argument's place. Every such call must
end in a ``ValueError`` that names the argument and says what would do, but for those of ``RIGHT``.
"""

from collections.abc import Iterator
from typing import NamedTuple

Arguments = dict[str, tuple[str, str]]
"""By name, an argument that works and its kind ("" where it is not varied); "*sources" is given by place."""

Right = dict[tuple[str, str], dict[str, str]]
"""By function and argument, the values that are right all the same, each with what the call then returns: an
expression to compare with, or "made" where it returns no number."""

WHOLE = ["None", "'3'", "1.5", "nan", "inf", "True", "[3]", "np.float64(3)", "np.array([3])",
    "torch.tensor(3)"]
REAL = ["None", "'0.5'", "nan", "True", "[0.5]", "1j", "np.array([0.5])", "torch.tensor(0.5)"]
LIST = ["None", "3", "'abc'", "nan"]

BAD: dict[str, list[str]] = {
    "count": [*WHOLE, "0", "-1", "-(10**30)", "10**30", "np.int8(-1)"],
    "natural": [*WHOLE, "-1", "10**30", "np.int8(-1)"],
    "integer": WHOLE,
    "number": [value for value in REAL if value != "nan"],
    "finite": [*REAL, "inf", "-inf", "10**400"],
    "positive": [*REAL, "inf", "10**400", "0", "-0.0", "-1.0", "-(10**400)"],
    "not negative": [*REAL, "inf", "10**400", "-1.0", "-1e-300"],
    "not negative or infinite": [*REAL, "-1.0", "-inf", "-1e-300"],
    "probability": [*REAL, "-0.1", "1.1", "inf", "10**400", "1 + 1e-12"],
    "below one": [*REAL, "-0.1", "1.0", "inf", "10**400"],
    "flag": ["None", "1", "0", "'no'", "'False'", "[]", "1.0", "np.ones(1, bool)", "bools(1)"],
    "text": ["None", "3", "b'a'", "['a']", "nan", "np.array('a')", "True"],
    "full text": ["None", "3", "b'a'", "['a']", "nan", "''", "'  '", "'\\n\\t'"],
    "choice": ["None", "1", "''", "'nothing'", "['relu']", "True"],
    "floats": ["None", "1.0", "[[1.0]]", "np.ones((2, 3))", "ints(2, 3)", "bools(2, 3)",
        "torch.tensor(1.0)", "'x'",
               "floats(2, 3).to(torch.complex64)", "floats(7, 5)"],
    "ids": ["None", "1", "[[1, 2]]", "np.ones((2, 3), int)", "floats(2, 3)", "bools(2, 3)", "'ab'",
        "ints(0)"],
    "mask": ["[[True]]", "np.ones((3, 3), bool)", "floats(3, 3)", "ints(3, 3)", "bools(3)", "bools(7, 5)",
        "1", "'x'"],
    "line of ids": ["None", "1", "[1, 2, 3]", "np.arange(9)", "floats(9)", "bools(9)", "ints(2, 9)",
        "'abc'", "b'abc'"],
    "list of ids": ["None", "1", "'12'", "[0.5]", "[True]", "[-1]", "[[1]]", "['a']", "torch.tensor([1])",
        "[None]"],
    "sequence of ids": ["None", "3", "'abc'", "nan", "[0.5]", "[-1]", "[9]", "[[1, 2]]", "[[1, 2], [3]]",
        "['a']",
                        "[None]", "[True, False]", "np.ones(3)", "floats(3)", "np.array(1)",
                        "np.arange(-3, 3)"],
    "texts": [*LIST, "b'abc'", "[1]", "[None]", "['']", "[]", "[b'a']", "[['a']]"],
    "names": [*LIST, "b'abc'", "[1]", "[None]", "['nothing-of-that-name']", "[['a']]"],
    "specials": [*LIST, "[1]", "['a']", "['']", "[None]", "['[A]', '[A]']", "['<0x00>']"],
    "sentence": [*LIST, "[0.5]", "[-1]", "[True]", "[[1]]", "['a']", "torch.tensor([1])"],
    "documents": [*LIST, "[]", "[1, 2]", "[[1], [2]]", "['a b', 'c']", "[['a'], ['b']]", "[[[1]]]",
        "[[[], []], [[3]]]",
                  "[[[0.5], [1]], [[2]]]", "[[[-1], [1]], [[2]]]"],
    "articles": [*LIST, "['abc']", "[1]", "[None]", "{}"],
    "optional path": ["3", "['a']", "b'a'", "nan", "True", "'x'"],
    "optional text": ["3", "b'a'", "['a']", "nan", "np.array('a')", "True"],
    "optional flag": ["1", "0", "'no'", "[]"],
    "optional count": [*WHOLE[1:], "0", "-1", "10**30"],
    "packages": [*LIST, "('',)", "(None,)", "('nothing-here',)"],
    "any entry": ["None", "3", "'x'", "[]"],
    "generator": ["None", "0", "'a'", "torch", "np.random.default_rng(0)"],
    "optional generator": ["0", "'a'", "torch", "np.random.default_rng(0)"],
    "configuration": ["None", "8", "'gpt2'", "{}", "Configuration"],
    "function": ["None", "3", "'f'", "floats(2)"],
    "optional function": ["3", "'f'", "floats(2)"],
    "module": ["None", "3", "'m'", "dict", "torch.nn.Linear"],
    "weights": ["None", "[]", "{}", "{'a': 1}", "{'a': floats(2)}", "{1: floats(2)}"],
    "parameters": ["None", "3", "'x'", "[]", "[None]", "[1.0]", "[floats(2, 2)]", "np.ones(3)", "[{}]",
                   "[{'params': []}]", "[parameter() * 2]", "[parameter()] * 2", "[{'params': 3}]"],
    "group": ["None", "3", "[]", "{}", "{'params': []}", "{'params': 3}", "{'params': [floats(2, 2)]}",
              "{'params': [parameter()], 'lr': -1.0}", "{'params': [parameter()], 'lr': 'fast'}",
              "{'params': [parameter()], 'rate': 1.0}"],
    "betas": ["None", "0.9", "'ab'", "(0.9,)", "(0.9, 0.99, 0.999)", "(0.9, 1.0)", "(-0.1, 0.9)",
        "(nan, 0.9)", "[]",
              "('a', 'b')"],
    "optimizers": ["None", "'adam'", "[]", "[None]", "AdamW([parameter()])", "[AdamW([parameter()])]",
        "[AdamW]",
                   "[AdamW(line.parameters()), AdamW(line.parameters())]"],
    "entry": ["None", "3", "'x'", "[]", "{'nothing': 1}"],
    "path": ["None", "3", "['a']", "b'a'", "nan", "True"],
    "quantity": ["None", "3.0", "'5 W'", "True", "[1.0]", "np.ones(3)", "nan",
        "exact(1, 'kg', 'measured', 'a', 'b')"],
    "operand": ["None", "'3'", "True", "[1.0]", "1j", "np.ones(2)", "np.array(2.0)", "floats(1)", "nan",
        "inf",
                "10**400", "{}"],
    "unit": ["None", "3", "'wat'", "'degC'", "'dBm'", "'W**99999999'", "'W h'", "'W;h'", "['W']", "b'W'",
        "' '", "'3 W'",
             "'W\\n'", "'W**-0.5'"],
    "tier": ["None", "3", "''", "'guess'", "'Measured'", "['measured']", "' measured'"],
    "place": ["None", "3", "''", "'Atlantis'", "'Frence'", "b'FR'", "['France']", "nan", "' '", "'12'",
        "'日本国X'"],
    "grid source": ["None", "3", "''", "'electricitymaps'", "'EcoLogits'", "['ecologits']"],
    "sources": ["()", "('',)", "(None,)", "(3,)", "(' ',)"],
    "several names": [*LIST, "()", "('',)", "(None,)", "(3,)"],
    "samples": ["None", "3.0", "[1.0]", "np.ones(2)", "np.ones((1, 1))", "np.array(['a'])", "np.array([nan])",
                "np.array([inf])", "np.array(1.0)", "np.ones(1, bool)", "np.ones(1, complex)", "floats(1)"],
    "device": ["None", "'A100'", "3", "{}", "devices"],
    "cases": [*LIST, "['a']", "[1]", "[None]", "{}"],
    "case": ["None", "3", "'abc'", "{}"],
    "scales": ["None", "3", "'abc'", "{}", "Scales"],
    "effects": ["None", "3", "'ab'", "(nan, 0.0)", "('a', 0.0)", "[0.0, 0.0]", "(inf, 0.0)"],
    "exclude": ["None", "3", "'opt'", "['nothing']", "[1]", "[None]", "['']", "nan"],
    "record": ["None", "3", "{}", "'tiny'", "RunRecord"],
    "facts": ["None", "3", "[]", "{'tdp': 300.0}", "{3: 1}"],
    "numbers": [*LIST, "['a']", "[None]", "[True]", "np.ones(2)"],
    "counts": [*LIST, "[1, 2]", "np.ones(2)", "np.array(['a'])", "np.array([-1])", "np.array(1)"],
    "state": ["None", "3", "[]", "{}", "{'state': {}}", "AdamW([parameter()]).state_dict()",
              "{'state': {}, 'param_groups': []}"],
    "closure": ["3", "'f'", "lambda: 1.0"],
    "optional amount": [*REAL[1:], "inf", "10**400", "-1.0", "-1e-300"],
    "optional object": ["3", "'abc'", "{}", "4.0"],
    "names of places": ["None", "3", "'FRA'", "[1]", "[None]"],
    "tiers": ["()", "('guess',)", "('measured', None)", "(3,)", "('',)", "(['measured'],)"],
    "object": ["None", "3", "'abc'", "{}"],
    "figure": ["None", "3", "'x'", "plt", "Figure"],
    "source": ["None", "3", "'x'", "len", "[]", "nan"],
}  # fmt: skip
"""Values that an argument of each kind refuses, as a reader would type them."""

SMALL = "Configuration(vocab_size=11, d_model=8, n_layers=2, n_heads=2, d_ff=16, max_length=6)"
PAIRS = SMALL.replace(")", ", n_segments=2)")


class Case(NamedTuple):
    """One call: what is called, its arguments as they would be typed, and the one that is wrong."""

    function: str
    arguments: dict[str, str]
    wrong: str

    def __str__(self) -> str:
        """Return the call as it would be typed."""
        given = self.arguments.items()
        typed = (f"{name}={value}" if name[0] != "*" else f"*{value}" for name, value in given)
        return f"{self.function}({', '.join(typed)})"


def cases(calls: dict[str, Arguments]) -> Iterator[Case]:
    """Yield every call with one bad argument."""
    for function, given in calls.items():
        works = {name: value for name, (value, _) in given.items()}
        for name, (_, kind) in given.items():
            for value in BAD[kind] if kind else []:
                yield Case(function, works | {name: value}, name)
