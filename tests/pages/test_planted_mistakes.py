"""The mistakes that tutorials print, each planted into a copy of the library: a test must turn red.

The same tests, run the same way on a copy without a mistake, are green.
"""

import ast
import copy
import json
import re
import subprocess
import sys
from typing import Any, NamedTuple

import pytest
from a2e.paths import ROOT


class Mistake(NamedTuple):
    """A mistake in a file of the library, within one of its functions or classes ("" for the whole file).

    ``right`` and ``wrong`` are written as ``ast.unparse`` prints them: without comments, on one line, in
    single quotes. How the library lays out its code does not matter.
    """

    file: str
    within: str
    right: str
    wrong: str

    @property
    def tests(self) -> str:
        """Return the file of tests that must see it."""
        part, _, idea = self.file.rpartition("/")
        return f"tests/{part}/test_{idea}"


MISTAKES = {
    "scale outside the softmax": Mistake(
        "transformer/attention.py", "attention_weights",
        ".softmax(dim=-1)",  # the scores, which are scaled, times what they were divided by
        ".mul(math.sqrt(query.shape[-1])).softmax(dim=-1).div(math.sqrt(query.shape[-1]))",
    ),
    "no scale": Mistake(
        "transformer/attention.py", "attention_weights", "query / math.sqrt(query.shape[-1])", "query"
    ),
    "softmax over the queries": Mistake(
        "transformer/attention.py", "attention_weights", ".softmax(dim=-1)", ".softmax(dim=-2)"
    ),
    "the future leaks": Mistake("transformer/attention.py", "causal_mask", ".tril()", ".triu()"),
    "a fully masked row is NaN": Mistake(
        "transformer/attention.py", "attention_weights", "weights.masked_fill(fully_masked, 0.0)", "weights"
    ),
    "decoder without a mask": Mistake("transformer/models.py", "Decoder", "block(x, mask)", "block(x)"),
    "one block used N times": Mistake(
        "transformer/models.py", "", "[Block(c) for _ in range(c.n_layers)]", "[Block(c)] * c.n_layers"
    ),
    "unbiased variance in layer norm": Mistake(
        "transformer/layers.py", "layer_norm",
        "centred.square().mean(dim=-1, keepdim=True)",
        "centred.square().sum(dim=-1, keepdim=True) / (x.shape[-1] - 1)",
    ),
    "epsilon outside the root in layer norm": Mistake(
        "transformer/layers.py", "layer_norm", "torch.sqrt(variance + eps)", "(torch.sqrt(variance) + eps)"
    ),
    "mean over the batch in layer norm": Mistake(
        "transformer/layers.py",
        "layer_norm",
        "wide.mean(dim=-1, keepdim=True)",
        "wide.mean(dim=0, keepdim=True)",
    ),
    "labels not shifted": Mistake("objectives/causal.py", "shift", "tokens[..., 1:]", "tokens[..., :-1]"),
    "padding counted in the loss": Mistake(
        "objectives/causal.py", "cross_entropy", "[keep].mean()", ".mean()"
    ),
    "always [MASK]": Mistake(
        "objectives/masked.py", "mask_tokens", "mask_share: Probability=0.8", "mask_share: Probability=1.0"
    ),
    "loss over all positions": Mistake(
        "objectives/masked.py", "mask_tokens", "tokens.masked_fill(~chosen, IGNORED)", "tokens"
    ),
    "no bias correction in Adam": Mistake(
        "training/optimizers.py", "AdamW",
        "group['lr'] / (1 - beta1 ** state['step'])",
        "group['lr']",
    ),
    "epsilon inside the root in Adam": Mistake(
        "training/optimizers.py", "AdamW", ".sqrt_().add_(group['eps'])", ".add_(group['eps']).sqrt_()"
    ),
    "an L2 penalty called AdamW": Mistake(
        "training/optimizers.py", "AdamW",
        ".lerp_(parameter.grad, ",
        ".lerp_(parameter.grad.add_(parameter, alpha=group['weight_decay']), ",
    ),
    "zero_grad missing": Mistake("training/loop.py", "_cleared", "parameter.grad = None", "pass"),
    "dropout left on in evaluation": Mistake("training/loop.py", "evaluating", "model.eval()", "pass"),
    "attention's own matmuls left out": Mistake(
        "scale/flops.py", "forward_flops", "projections + scores_and_mix", "projections"
    ),
    "validation articles in training": Mistake(
        "language/corpora.py", "split_articles", "tuple(articles[:-validation])", "tuple(articles)"
    ),
    "PUE forgotten": Mistake("emissions/estimate.py", "facility_energy", "energy * pue", "energy"),
    "PUE applied twice": Mistake(
        "emissions/estimate.py", "facility_energy", "energy * pue", "energy * pue * pue"
    ),
    "6ND as 2ND": Mistake("scale/flops.py", "training_flops", "6.0 *", "2.0 *"),
}  # fmt: skip


def plant(source: str, mistake: Mistake) -> str:
    """Return ``source`` with the mistake, laid out as ``ast.unparse`` does.

    >>> plant("def f(a):\\n    return (a +\\n            1)  # one", Mistake("", "f", "a + 1", "a - 1"))
    'def f(a):\\n    return a - 1'
    """
    tree = ast.parse(source)
    named = [node for node in ast.walk(tree) if getattr(node, "name", None) == mistake.within]
    node = named[0] if named else tree
    text = ast.unparse(node)
    found = mistake.right in text and (named or not mistake.within)
    assert found, f"{mistake.file} no longer holds {mistake.right!r}: write the mistake anew"
    wrong = ast.parse(text.replace(mistake.right, mistake.wrong))
    # deepcopy takes what its memo holds: here the wrong function in place of the right one.
    return ast.unparse(copy.deepcopy(tree, {id(node): wrong if node is tree else wrong.body[0]}))


Job = dict[str, Any]
Done = dict[str, Any]
CONTROLS = sorted({mistake.tests for mistake in MISTAKES.values()})


def planted(name: str) -> Job:
    """Return the job that runs a mistake's tests on a library that has it."""
    mistake = MISTAKES[name]
    path = f"lib/a2e/{mistake.file}"
    source = (ROOT / path).read_text(encoding="utf-8")
    return {"name": name, "changed": {path: plant(source, mistake)}, "tests": [mistake.tests]}


def control(tests: str) -> Job:
    """Return the job that runs the same tests on the same file without a mistake, laid out the same way."""
    path = next(f"lib/a2e/{mistake.file}" for mistake in MISTAKES.values() if mistake.tests == tests)
    source = (ROOT / path).read_text(encoding="utf-8")
    return {"name": tests, "changed": {path: ast.unparse(ast.parse(source))}, "tests": [tests]}


@pytest.fixture(scope="module")
def runs() -> dict[str, Done]:
    """Run all controls and mistakes in forks of one warm process, and return how each ended."""
    jobs = [*map(control, CONTROLS), *map(planted, MISTAKES)]
    warm = [sys.executable, "-m", "tests.mutants.warm"]
    given, piped = json.dumps(jobs), subprocess.PIPE
    done = subprocess.run(warm, cwd=ROOT, input=given, stdout=piped, text=True, check=True)
    return {run["name"]: run for run in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("tests", CONTROLS)
def test_property_the_copy_without_a_mistake_is_green(tests: str, runs: dict[str, Done]) -> None:
    assert runs[tests]["code"] == 0, runs[tests]["output"][-2500:]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_property_a_planted_mistake_turns_a_test_red(mistake: str, runs: dict[str, Done]) -> None:
    done = runs[mistake]
    assert done["code"] == 1, f"not noticed: {mistake}\n{done['output'][-2500:]}"
    assert any(line.startswith(("FAILED ", "ERROR ")) for line in done["output"].splitlines()), done["output"]


@pytest.mark.parametrize(("within", "right"), [("f", "a * 1"), ("g", "a + 1"), ("", "a * 1")])
def test_edge_a_mistake_that_the_library_has_no_place_for_is_named(within: str, right: str) -> None:
    with pytest.raises(AssertionError, match=f"f.py no longer holds '{re.escape(right)}': write the mistake"):
        plant("def f(a):\n    return a + 1", Mistake("f.py", within, right, "a"))
