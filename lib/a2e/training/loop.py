"""One training loop for every model: a loss, some optimizers, a schedule, and what was seen on the way."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from numbers import Real
from typing import Literal

import torch
from jaxtyping import Integer
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm.auto import tqdm

from a2e.objectives.causal import cross_entropy, shift
from a2e.objectives.direction import check_causal, logits_of
from a2e.shapes import Count, Positive, checked, refuse, shown

Precision = Literal["fp32", "bf16"]


@checked
@dataclass
class History:
    """What a run saw: one entry a step in the first three lists; ``seconds`` counts training alone.

    ``losses`` are in nats, ``factors`` are the schedule's, ``gradient_norms`` are from before clipping.
    """

    losses: list[float] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @checked
    def add(self, loss: float, factor: float, gradient_norm: float, seconds: float) -> None:
        """Note one more step."""
        self.losses.append(loss)
        self.factors.append(factor)
        self.gradient_norms.append(gradient_norm)
        self.seconds += seconds


@checked
def train(
    model: nn.Module,
    compute_loss: Callable[[], Tensor],
    optimizers: Sequence[Optimizer],
    *,
    steps: Count,
    schedule: Callable[[int], float] | None = None,
    precision: Precision = "fp32",
    clip: Positive | None = None,
    every: Count = 1,
    callback: Callable[[int], None] | None = None,
    progress: bool = True,
) -> History:
    """Take ``steps`` optimizer steps on ``compute_loss()``, and leave the model in evaluation mode.

    A run that fails or is interrupted keeps the steps it took; modes, rates and gradients are as before it.
    What ``callback`` does to the optimizers or freezes in the model holds from the next step on.

    Args:
        compute_loss: draws a fresh batch and returns its loss in nats, which must be finite.
        optimizers: they hold each parameter to be trained once; others and frozen ones get no gradient.
        schedule: from the step (0 to ``steps - 1``) to a factor on each learning rate, in that step alone.
        precision: what matrix products are computed in (see :func:`autocast`, :func:`fast_precision`).
        clip: largest norm of the gradient; None only measures it.
        every: call ``callback(step)``, untimed and in evaluation mode, each ``every`` steps and at the end.
        progress: show a bar while it runs.
    """
    _trained(model, optimizers)  # refused before the first callback
    history, full_precision, products = History(), autocast("fp32", model), autocast(precision, model)
    with evaluating(model), _kept_gradients() as kept, _bar(steps, progress) as bar:
        for step in bar:
            if callback and step % every == 0:
                _look(model, callback, step)
            model.train()  # also after a compute_loss that looked in evaluation mode
            start = time.perf_counter()
            with full_precision:  # a reader's own autocast would shorten gradients and Muon's products
                parameters = _cleared(model, optimizers, kept)
                loss, norm = _gradient(parameters, compute_loss, products, clip)
                factor = _step(optimizers, schedule, step)
            history.add(loss, factor, norm, time.perf_counter() - start)
            bar.set_postfix(loss=f"{loss:.2f}", refresh=False)  # one a step floods a page
        if callback:
            _look(model, callback, steps)
    model.eval()
    return history


def _bar(steps: int, progress: bool) -> "tqdm[int]":
    """Return a bar over the steps, which redraws twice a second at most."""
    return tqdm(range(steps), disable=not progress, leave=False, unit="step", mininterval=0.5)


def _gradient(
    parameters: list[Tensor],
    compute_loss: Callable[[], Tensor],
    products: AbstractContextManager[object],
    clip: float | None,
) -> tuple[float, float]:
    """Give the parameters the clipped gradient of a fresh loss; return the loss and the gradient's norm."""
    with products:
        loss = compute_loss()
    taken = any(parameter.grad is not None for parameter in parameters)
    refuse(taken, "compute_loss is one that calls backward(): leave that to train")
    usable = isinstance(loss, Tensor) and loss.numel() == 1 and loss.requires_grad
    if usable:
        loss.backward(inputs=parameters)
    if not usable or all(parameter.grad is None for parameter in parameters):
        wanted = "return one number that depends on the parameters, outside of no_grad()"
        raise ValueError(f"compute_loss() is {shown(loss)}: {wanted}")
    norm = nn.utils.clip_grad_norm_(parameters, math.inf if clip is None else clip)
    value = loss.item()
    finite = math.isfinite(value) and norm.isfinite()
    refuse(not finite, f"compute_loss() is {value}, its gradient's norm {norm}: lower the rate or set clip")
    return value, float(norm)


def _step(optimizers: Sequence[Optimizer], schedule: Callable[[int], float] | None, step: int) -> float:
    """Take the optimizers' step at the scheduled part of their rates; return the schedule's factor.

    In between the rates are whole: what is saved there goes on at them, and what is set there counts.
    """
    factor = schedule(step) if schedule else 1.0
    usable = isinstance(factor, Real) and 0 <= factor < math.inf
    refuse(not usable, f"schedule({step}) is {shown(factor)}: return a finite factor of at least 0")
    rates = [(group, group["lr"]) for optimizer in optimizers for group in optimizer.param_groups]
    try:
        for group, rate in rates:
            group["lr"] = rate * factor
        for optimizer in optimizers:
            optimizer.step()
    finally:
        torch.clear_autocast_cache()  # a reader's own autocast remembers the weights of before
        for group, rate in rates:
            group["lr"] = rate
    return float(factor)


def _look(model: nn.Module, callback: Callable[[int], None], step: int) -> None:
    with evaluating(model):
        callback(step)


def _trained(model: nn.Module, optimizers: Sequence[Optimizer]) -> list[Tensor]:
    """Return the tensors that the optimizers train: each of them once, and in each some of the model's."""
    own: set[Tensor] = set(model.parameters())
    held = [[p for group in o.param_groups for p in group["params"] if p.requires_grad] for o in optimizers]
    parameters = [parameter for tensors in held for parameter in tensors]
    wrong = not held or len(set(parameters)) < len(parameters) or any(map(own.isdisjoint, held))
    refuse(wrong, f"optimizers is {[*map(shown, optimizers)]}: give model's parameters, each to one")
    return parameters


def _cleared(
    model: nn.Module, optimizers: Sequence[Optimizer], kept: dict[Tensor, Tensor | None]
) -> list[Tensor]:
    """Return what to train now, with no old gradient left to step on, of frozen parameters neither."""
    parameters = _trained(model, optimizers)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                kept.setdefault(parameter, parameter.grad)
                parameter.grad = None
    return parameters


@contextmanager
def _kept_gradients() -> Iterator[dict[Tensor, Tensor | None]]:
    """Hold the gradients that :func:`_cleared` takes away; after a failure they are put back."""
    kept: dict[Tensor, Tensor | None] = {}
    try:
        yield kept
    except BaseException:  # an interruption from the keyboard is no Exception
        for parameter, gradient in kept.items():
            parameter.grad = gradient
        raise


@checked
def random_windows(
    tokens: Integer[Tensor, " n"], batch: Count, length: Count, generator: torch.Generator
) -> Integer[Tensor, "{batch} {length}+1"]:
    """Return ``batch`` windows of ``length + 1`` tokens from random places, for :func:`shift` to split."""
    refuse(len(tokens) <= length, f"tokens is {len(tokens)} long: give at least length + 1 = {length + 1}")
    starts = torch.randint(len(tokens) - length, (batch, 1), generator=generator)
    return tokens[starts + torch.arange(length + 1)]


@checked
def windows(tokens: Integer[Tensor, " n"], length: Count, batch: Count) -> list[Integer[Tensor, "_ _"]]:
    """Return batches of windows of ``tokens`` that predict every token but the first exactly once.

    Each window has ``length + 1`` tokens and begins with the last one of the window before; the last window
    may be shorter and is a batch of its own. Fewer than two tokens predict nothing and have no window.
    """
    full = (len(tokens) - 1) // length
    views = list(tokens.unfold(0, length + 1, length).split(batch)) if full > 0 else []  # (batch, length + 1)
    rest = tokens[full * length :]
    return [*views, rest[None]] if len(rest) > 1 else views


@checked
@torch.no_grad()
def evaluate(
    model: nn.Module,
    tokens: Integer[Tensor, " n"],
    length: Count,
    *,
    batch: Count = 64,
    precision: Precision = "fp32",
) -> float:
    """Return the mean nats per token of ``model`` over all of ``tokens`` but the first, each predicted once.

    ``model`` must be causal: one that sees the token it predicts gets a loss that means nothing. The text is
    read in windows of ``length``; a token at the start of one has little context, so this is a slightly
    pessimistic figure, the same for every model read so. A token without any probability makes it infinite.
    """
    check_causal(model)
    total, count, lowest = 0.0, len(shift(tokens)[1]), int(tokens.long().min())
    # A last token of -100 is never read, and as a target it would count without adding to the loss.
    refuse(lowest < 0, f"tokens is {lowest} somewhere: give ids of at least 0")
    products = autocast(precision, model)
    with evaluating(model):
        for window in windows(tokens, length, batch):
            inputs, targets = shift(window)
            with products:
                logits = logits_of(model, inputs)
            total += float(cross_entropy(logits, targets)) * targets.numel()
    refuse(math.isnan(total), f"model is {shown(model)} with a loss of nan: give one of finite weights")
    return total / count


@checked
@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Hold ``model`` in evaluation mode; afterwards each of its modules is in the mode it was in."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@checked
def autocast(precision: Precision, model: nn.Module) -> AbstractContextManager[object]:
    """Return a context in which the matrix products of ``model`` run in ``precision``, wherever it is.

    Sums and the loss stay in 32 bits. With ``"fp32"`` products have the type of the weights. ``"bf16"`` is
    refused where it would change nothing: for 64-bit weights, and on a device without autocast. Inside
    another autocast this one alone counts.
    """
    weights = list(model.parameters())
    devices = {weight.device.type for weight in weights} or {"cpu"}
    castable = list(filter(torch.amp.is_autocast_available, devices))
    if precision == "fp32":
        return _FullPrecision(castable)
    usable = len(devices) == len(castable) == 1
    if not usable or any(weight.dtype == torch.float64 for weight in weights):
        found = " and ".join(sorted({f"{weight.dtype} on {weight.device.type}" for weight in weights}))
        raise ValueError(f"precision is 'bf16': give 'fp32', as weights of {found} do not allow it")
    # Another autocast around this one would keep the 16-bit weights of one step for the next.
    return torch.autocast(castable[0], torch.bfloat16, cache_enabled=False)


class _FullPrecision(AbstractContextManager[None]):
    """Autocast switched off on each of ``devices``, again each time that it is entered."""

    def __init__(self, devices: list[str]) -> None:
        self.devices, self.entered = devices, list[ExitStack]()

    def __enter__(self) -> None:
        self.entered.append(ExitStack())
        for device in self.devices:
            self.entered[-1].enter_context(torch.autocast(device, enabled=False))

    def __exit__(self, *error: object) -> None:
        self.entered.pop().close()


def fast_precision() -> Precision:
    """Return ``"bf16"`` where this processor multiplies 16-bit numbers in hardware, else ``"fp32"``.

    Elsewhere bf16 is emulated and slower than 32-bit numbers.
    """
    capabilities = torch.cpu.get_capabilities()
    return "bf16" if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else "fp32"
