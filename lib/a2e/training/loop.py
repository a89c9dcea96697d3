"""One training loop for every model: a loss, some optimizers, a schedule, and what was seen on the way."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm.auto import tqdm

from a2e.objectives.causal import cross_entropy, shift

PRECISIONS = ("fp32", "bf16")


def fast_precision() -> str:
    """``"bf16"`` where this processor multiplies 16-bit numbers in hardware, else ``"fp32"``.

    Elsewhere bf16 is emulated and slower than 32-bit numbers.
    """
    capabilities = torch.cpu.get_capabilities()
    return "bf16" if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else "fp32"


def autocast(precision: str) -> AbstractContextManager[object]:
    """A context in which matrix products run in ``precision``; sums and the loss stay in 32 bits."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision!r} is unknown: take one of {', '.join(PRECISIONS)}")
    return torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else nullcontext()


@dataclass
class History:
    """What a run saw: one entry a step in the first three lists; ``seconds`` counts training alone."""

    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list)
    seconds: float = 0.0


def random_windows(
    tokens: Int[Tensor, " n"], batch: int, length: int, generator: torch.Generator
) -> Int[Tensor, "{batch} {length}+1"]:
    """``batch`` stretches of ``length + 1`` tokens from random places: inputs and, one later, targets."""
    _check_window(length, batch)
    if len(tokens) < length + 1:
        raise ValueError(
            f"tokens holds {len(tokens)}, and one window takes length + 1 = {length + 1}: "
            "give a longer text or a smaller length"
        )
    starts = torch.randint(len(tokens) - length, (batch, 1), generator=generator)
    return tokens[starts + torch.arange(length + 1)]


def train(
    model: nn.Module,
    compute_loss: Callable[[], Tensor],
    optimizers: Sequence[Optimizer],
    *,
    steps: int,
    schedule: Callable[[int], float] | None = None,
    precision: str = "fp32",
    clip: float | None = None,
    every: int = 0,
    callback: Callable[[int], None] | None = None,
    progress: bool = True,
) -> History:
    """Take ``steps`` optimizer steps on ``compute_loss()``; the model is left in evaluation mode.

    Args:
        compute_loss: draws a fresh batch and returns its loss, a scalar in nats; ValueError if not finite.
        schedule: from the step (0 to ``steps - 1``) to a factor on each optimizer's learning rate.
        precision: ``"fp32"`` or ``"bf16"`` (see :func:`fast_precision`).
        clip: largest norm of the gradient, above 0; None only measures it.
        every: call ``callback(step)`` in evaluation mode, untimed, at each step that it divides and the end.
        progress: show a bar while it runs.
    """
    _check_run(optimizers, steps, clip, every, callback)
    peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    history = History()
    model.train()
    with tqdm(range(steps), disable=not progress, leave=False, unit="step") as bar:
        for step in bar:
            if every and callback and step % every == 0:
                _look(model, callback, step)
            start = time.perf_counter()
            history.rates.append(schedule(step) if schedule else 1.0)
            _set_rates(optimizers, peaks, history.rates[-1])
            loss, norm = _step(model, compute_loss, optimizers, precision, clip, step)
            history.losses.append(loss)
            history.gradient_norms.append(norm)
            history.seconds += time.perf_counter() - start
            bar.set_postfix(loss=f"{loss:.2f}")
    _set_rates(optimizers, peaks, 1.0)
    model.eval()
    if every and callback:
        callback(steps)
    return history


def _step(
    model: nn.Module,
    compute_loss: Callable[[], Tensor],
    optimizers: Sequence[Optimizer],
    precision: str,
    clip: float | None,
    step: int,
) -> tuple[float, float]:
    """Loss, gradients, clipping, one move of each optimizer; returns the loss and the gradient's norm."""
    with autocast(precision):
        loss = compute_loss()
    if not math.isfinite(value := loss.item()):
        raise ValueError(
            f"compute_loss gave {value} at step={step}: lower the learning rate, or set clip"
        )
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), math.inf if clip is None else clip)
    for optimizer in optimizers:
        optimizer.step()
    return value, float(norm)


def _check_run(
    optimizers: Sequence[Optimizer],
    steps: int,
    clip: float | None,
    every: int,
    callback: Callable[[int], None] | None,
) -> None:
    if steps < 1:
        raise ValueError(f"steps={steps} must be at least 1")
    if not optimizers:
        raise ValueError("optimizers=[] would train nothing: give at least one optimizer")
    if clip is not None and not clip > 0:
        raise ValueError(f"clip={clip} must be above 0: take None to leave gradients as they are")
    if every < 0:
        raise ValueError(f"every={every} must be 0 (never) or more")
    if bool(every) != (callback is not None):
        given = "no callback" if callback is None else "a callback"
        raise ValueError(f"every={every} was given with {given}: give both, or neither")


def _check_window(length: int, batch: int) -> None:
    for name, value in (("length", length), ("batch", batch)):
        if value < 1:
            raise ValueError(f"{name}={value} must be at least 1")


def _look(model: nn.Module, callback: Callable[[int], None], step: int) -> None:
    model.eval()
    callback(step)
    model.train()


def _set_rates(optimizers: Sequence[Optimizer], peaks: list[list[float]], factor: float) -> None:
    for optimizer, rates in zip(optimizers, peaks, strict=True):
        for group, peak in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = peak * factor


def windows(tokens: Int[Tensor, " n"], length: int, batch: int) -> Iterator[Int[Tensor, "_ _"]]:
    """Cut ``tokens`` into stretches that predict every token but the first exactly once.

    Each holds ``length + 1`` tokens and begins with the last one of the stretch before; the last is shorter.
    """
    _check_window(length, batch)
    full = (len(tokens) - 1) // length
    if full:
        stretches = tokens[: full * length + 1].unfold(0, length + 1, length)  # (full, length + 1)
        yield from stretches.split(batch)
    if (len(tokens) - 1) % length:
        yield tokens[full * length :][None]


@torch.no_grad()
def evaluate(
    model: nn.Module, tokens: Int[Tensor, " n"], length: int, *, batch: int = 64, precision: str = "fp32"
) -> float:
    """Mean nats per token of a causal ``model`` over all of ``tokens`` but the first, each predicted once.

    The text is read in stretches of ``length``; a token at the start of one has little context, so this is
    a slightly pessimistic figure, the same for every model read so.
    """
    _check_window(length, batch)
    if len(tokens) < 2:
        raise ValueError(f"tokens holds {len(tokens)}: one to read and one to predict are the least")
    was_training, total = model.training, 0.0
    model.eval()
    try:
        for stretch in windows(tokens, length, batch):
            inputs, targets = shift(stretch)
            with autocast(precision):
                logits = model(inputs)
            total += float(cross_entropy(logits.float(), targets)) * targets.numel()
    finally:
        model.train(was_training)
    return total / (len(tokens) - 1)
