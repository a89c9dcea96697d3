"""The mistakes that tutorials print, each planted into a copy of the library: a test must turn red.

The same tests, run the same way on a copy without a mistake, are green.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from a2e.paths import ROOT

MISTAKES = {
    "scale outside the softmax": (
        "transformer/attention.py",
        "scores = (query / math.sqrt(query.shape[-1])) @ key.mT  # (..., query, key)\n"
        "    if mask is None:\n        return scores.softmax(dim=-1)",
        "scores = query @ key.mT\n"
        "    if mask is None:\n        return scores.softmax(dim=-1) / math.sqrt(query.shape[-1])",
        "tests/transformer/test_attention.py",
    ),
    "no scale": (
        "transformer/attention.py",
        "(query / math.sqrt(query.shape[-1]))",
        "query",
        "tests/transformer/test_attention.py",
    ),
    "softmax over the queries": (
        "transformer/attention.py",
        ".softmax(dim=-1)\n    # Softmax",
        ".softmax(dim=-2)\n    # Softmax",
        "tests/transformer/test_attention.py",
    ),
    "the future leaks": (
        "transformer/attention.py",
        ".tril()",
        ".triu()",
        "tests/transformer/test_attention.py",
    ),
    "a fully masked row is NaN": (
        "transformer/attention.py",
        "return weights.masked_fill(blind, 0.0) if blind.any() else weights",
        "return weights",
        "tests/transformer/test_attention.py",
    ),
    "decoder without a mask": (
        "transformer/models.py",
        "x = block(x, mask)\n        return self.norm(x)\n",
        "x = block(x)\n        return self.norm(x)\n",
        "tests/transformer/test_models.py",
    ),
    "one block used N times": (
        "transformer/models.py",
        "[Block(c) for _ in range(c.n_layers)]",
        "[Block(c)] * c.n_layers",
        "tests/transformer/test_models.py",
    ),
    "unbiased variance in layer norm": (
        "transformer/layers.py",
        "centred.square().mean(dim=-1, keepdim=True)",
        "centred.square().sum(dim=-1, keepdim=True) / (x.shape[-1] - 1)",
        "tests/transformer/test_layers.py",
    ),
    "epsilon outside the root in layer norm": (
        "transformer/layers.py",
        "torch.sqrt(variance + eps)",
        "(torch.sqrt(variance) + eps)",
        "tests/transformer/test_layers.py",
    ),
    "mean over the batch in layer norm": (
        "transformer/layers.py",
        "x - x.mean(dim=-1, keepdim=True)",
        "x - x.mean(dim=0, keepdim=True)",
        "tests/transformer/test_layers.py",
    ),
    "labels not shifted": (
        "objectives/causal.py",
        "return tokens[..., :-1], tokens[..., 1:]",
        "return tokens[..., :-1], tokens[..., :-1]",
        "tests/objectives/test_causal.py",
    ),
    "padding counted in the loss": (
        "objectives/causal.py",
        "[keep].mean()",
        ".mean()",
        "tests/objectives/test_causal.py",
    ),
    "always [MASK]": (
        "objectives/masked.py",
        "mask_share: float = 0.8",
        "mask_share: float = 1.0",
        "tests/objectives/test_masked.py",
    ),
    "loss over all positions": (
        "objectives/masked.py",
        "tokens.masked_fill(~chosen, IGNORED)",
        "tokens",
        "tests/objectives/test_masked.py",
    ),
    "no bias correction in Adam": (
        "training/optimizers.py",
        'group["lr"] / (1 - beta1 ** state["step"])',
        'group["lr"]',
        "tests/training/test_optimizers.py",
    ),
    "epsilon inside the root in Adam": (
        "training/optimizers.py",
        '.sqrt_().add_(group["eps"])',
        '.add_(group["eps"]).sqrt_()',
        "tests/training/test_optimizers.py",
    ),
    "an L2 penalty called AdamW": (
        "training/optimizers.py",
        'state["mean"].lerp_(parameter.grad, 1 - beta1)',
        'parameter.grad.add_(parameter, alpha=group["weight_decay"])\n'
        '                state["mean"].lerp_(parameter.grad, 1 - beta1)',
        "tests/training/test_optimizers.py",
    ),
    "zero_grad missing": (
        "training/loop.py",
        "        optimizer.zero_grad()\n",
        "        pass\n",
        "tests/training/test_loop.py",
    ),
    "dropout left on in evaluation": (
        "training/loop.py",
        "was_training, total = model.training, 0.0\n    model.eval()",
        "was_training, total = model.training, 0.0",
        "tests/training/test_loop.py",
    ),
    "attention's own matmuls left out": (
        "scale/flops.py",
        "projections + scores_and_mix + feed_forward",
        "projections + feed_forward",
        "tests/scale/test_flops.py",
    ),
    "validation articles in training": (
        "language/corpora.py",
        "return articles[:-validation], articles[-validation:]",
        "return articles, articles[-validation:]",
        "tests/language/test_corpora.py",
    ),
    "PUE forgotten": (
        "emissions/estimate.py",
        "return energy * pue",
        "return energy",
        "tests/emissions/test_estimate.py",
    ),
    "PUE applied twice": (
        "emissions/estimate.py",
        "return energy * pue",
        "return energy * pue * pue",
        "tests/emissions/test_estimate.py",
    ),
    "6ND as 2ND": ("scale/flops.py", "return 6.0 *", "return 2.0 *", "tests/scale/test_flops.py"),
}


CONTROLS = sorted({tests for *_, tests in MISTAKES.values()})
Run = subprocess.CompletedProcess[str]


def copy(folder: Path) -> Path:
    """Copy the library into ``folder`` and return the copy's package."""
    package = folder / "lib" / "a2e"
    shutil.copytree(ROOT / "lib" / "a2e", package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "data").symlink_to(ROOT / "data")
    return package


def run(tests: str, package: Path) -> Run:
    """Run a file of tests on a copy of the library."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", tests],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(package.parent), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )


def control(tests: str, folder: Path) -> Run:
    """Run a file of tests on a copy of the library as it is."""
    return run(tests, copy(folder))


def plant(mistake: str, folder: Path) -> Run:
    """Run the tests of one mistake on a copy of the library that has it."""
    file, right, wrong, tests = MISTAKES[mistake]
    package = copy(folder)
    source = (package / file).read_text()
    assert right in source, f"{file} no longer holds {right!r}: write the mistake anew"
    (package / file).write_text(source.replace(right, wrong))
    return run(tests, package)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Run]]]:
    """All cases and controls, two at a time: each is a process of its own that mostly imports."""

    def folder() -> Path:
        return tmp_path_factory.mktemp("planted")

    pool = ThreadPoolExecutor(2)
    jobs = {tests: pool.submit(control, tests, folder()) for tests in CONTROLS}
    jobs |= {mistake: pool.submit(plant, mistake, folder()) for mistake in MISTAKES}
    yield jobs
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("tests", CONTROLS)
def test_property_the_copy_without_a_mistake_is_green(tests: str, runs: dict[str, Future[Run]]) -> None:
    done = runs[tests].result()
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-500:]}"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_property_a_planted_mistake_turns_a_test_red(mistake: str, runs: dict[str, Future[Run]]) -> None:
    done = runs[mistake].result()
    assert done.returncode == 1, f"not noticed: {mistake}\n{done.stdout[-2000:]}{done.stderr[-500:]}"
    assert any(line.startswith(("FAILED ", "ERROR ")) for line in done.stdout.splitlines()), done.stdout
