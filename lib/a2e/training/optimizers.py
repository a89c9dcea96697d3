"""Optimizers from their papers, equal to torch's own: AdamW for vectors and tables, Muon for matrices."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from a2e.shapes import BelowOne, Count, NonNegative, Positive, checked, held, refuse, shown

_OBEYED: dict[str, tuple[object, ...]] = {
    "maximize": (False,), "amsgrad": (False,), "differentiable": (False,), "decoupled_weight_decay": (True,),
    "nesterov": (True,), "ns_steps": (5,), "adjust_lr_fn": (None, "original"),
}  # fmt: skip
"""Settings of torch's optimizers that ours lack, each with the values at which ours compute the same."""


class GroupedOptimizer(Optimizer):
    """What both optimizers share: each group of parameters is checked, given at first or added later.

    ``step`` takes gradients as they are, NaN too, as torch's own optimizers do;
    :func:`a2e.training.loop.train` stops before such a step.
    """

    check_settings: ClassVar[Callable[..., None]]
    """Raise ``ValueError`` for a setting out of its range."""
    state_names: ClassVar[set[str]]
    """What is remembered of each parameter from step to step."""

    def __init__(self, params: Iterable[Tensor | dict[str, Any]], **settings: Any) -> None:
        groups: list[Any] = list(params)
        super().__init__(groups or [{"params": []}], settings)

    @checked
    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Train ``param_group["params"]`` too, with the group's own settings where it has any."""
        group = self.defaults | param_group
        params = group.get("params", [])
        several = isinstance(params, Iterable) and not isinstance(params, Tensor)
        group["params"] = list(params) if several else [params]
        unknown = set(group) - set(self.defaults) - {"params", "param_names", "initial_lr"}
        if unknown:
            known = ", ".join(["params", *self.defaults])
            raise ValueError(f"param_group is a dict with {sorted(unknown)}: give none but {known}")
        self.check_params([entry[1] if isinstance(entry, tuple) else entry for entry in group["params"]])
        self.check_settings(**{name: group[name] for name in self._own()})
        super().add_param_group(group)

    @checked
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the settings and memory of an optimizer of this class: what its ``state_dict()`` gave.

        torch's AdamW computes the same but names its memory otherwise, so that ``step`` would not find it; it
        may also be set to compute something else.
        """
        groups, states = state_dict.get("param_groups", [{}]), state_dict.get("state", {}).values()
        lacking = {name for group in groups for name in self._own() if name not in group}
        foreign = {name for state in states for name in self.state_names.symmetric_difference(state)}
        if lacking or foreign:
            words = f"a dict that differs in {', '.join(sorted(lacking | foreign))}"
            raise ValueError(f"state_dict is {words}: give the state_dict() of a2e's {type(self).__name__}")
        for group, (name, obeyed) in product(groups, _OBEYED.items()):
            other = f"state_dict is a dict with {name}={group.get(name)!r}"
            refuse(name in group and group[name] not in obeyed, f"{other}: give one with {obeyed[0]!r} there")
        for group in groups:
            # A schedule of torch's may have brought the rate to 0; the one that it started from counts then.
            rate = group["lr"] or group.get("initial_lr", 0.0)
            self.check_settings(**{name: group[name] for name in self._own()} | {"lr": rate})
        super().load_state_dict(state_dict)

    def _own(self) -> set[str]:
        """Return the names of the settings, without the one that torch adds to an optimizer's copy."""
        return set(self.defaults) - {"differentiable"}

    def check_params(self, params: list[Any]) -> None:
        """Raise ``ValueError`` unless ``params`` are tensors to train, each of them there once."""
        held = {p for group in self.param_groups for p in group["params"]}
        wrong = [
            p for p in params if not (isinstance(p, Tensor) and p.is_leaf and _trainable(p)) or p in held
        ]
        if wrong or not params or len(set(params)) < len(params):
            what = shown(wrong[0]) if wrong else f"{len(params)} tensors, {len(set(params))} different"
            raise ValueError(f"params is {what}: give model.parameters(), or others to train, each once")


def _trainable(tensor: Tensor) -> bool:
    """Say whether a tensor takes a gradient, or would if its model were not frozen."""
    return tensor.is_floating_point() and (tensor.requires_grad or isinstance(tensor, nn.Parameter))


@held
def _adamw(lr: Positive, betas: Sequence[BelowOne], eps: Positive, weight_decay: NonNegative) -> None:
    """Raise ``ValueError`` for a setting of :class:`AdamW` out of its range."""
    if len(betas) != 2:
        raise ValueError(f"betas is {betas}: give two numbers")


@held
def _muon(lr: Positive, momentum: BelowOne, weight_decay: NonNegative) -> None:
    """Raise ``ValueError`` for a setting of :class:`Muon` out of its range."""


class AdamW(GroupedOptimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2; as in PyTorch the decay is
    multiplied by the learning rate, where the paper multiplies it by the schedule's factor alone).

    Args:
        params: tensors to train, or groups of them.
        lr: learning rate.
        betas: how slowly the two running means forget.
        eps: added to the root of the second mean, against division by zero.
        weight_decay: fraction of each weight taken away a step, times ``lr``; not an L2 penalty in the loss.
    """

    check_settings = staticmethod(_adamw)
    state_names: ClassVar[set[str]] = {"step", "mean", "square"}

    @checked
    def __init__(
        self,
        params: Iterable[Tensor | dict[str, Any]],
        lr: float = 1e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, lr=lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay)

    @checked
    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move each parameter that has a gradient."""
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state.update(step=0, mean=torch.zeros_like(parameter), square=torch.zeros_like(parameter))
                state["step"] += 1
                state["mean"].lerp_(parameter.grad, 1 - beta1)
                state["square"].mul_(beta2).addcmul_(parameter.grad, parameter.grad, value=1 - beta2)
                # Both means start at zero; dividing by 1 - beta^t takes that start out again.
                size = group["lr"] / (1 - beta1 ** state["step"])
                root = (state["square"] / (1 - beta2 ** state["step"])).sqrt_().add_(group["eps"])
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.addcdiv_(state["mean"], root, value=-size)


@checked
def orthogonalise(
    matrices: Float[Tensor, "*stack rows columns"], steps: Count = 5
) -> Float[Tensor, "*stack rows columns"]:
    """Return about the nearest matrix whose singular values are all one, by Newton-Schulz iteration.

    The polynomial's coefficients are Jordan's (2024): fast rather than exact. After five steps, singular
    values above 0.002 of the matrix's norm (the root of the sum of its squares) lie between about 0.7 and
    1.2. Smaller ones have grown up to 485 times and may lie below. A norm below 1e-7 counts as 1e-7, as in
    PyTorch's Muon, so that singular values below 2e-10 may lie below in any matrix. The matrices of a stack
    are computed in parallel.
    """
    norm = matrices.norm(dim=(-2, -1))
    if not norm.isfinite().all():
        raise ValueError(f"matrices is of norm {norm.max():g}: give numbers with a finite sum of squares")
    return _newton_schulz(matrices, steps)


def _newton_schulz(matrices: Tensor, steps: int = 5) -> Tensor:
    """Return the matrices orthogonalised; one whose norm is not finite becomes NaN, the others do not."""
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = matrices.shape[-2] <= matrices.shape[-1]
    x = matrices if wide else matrices.mT
    norm = x.norm(dim=(-2, -1), keepdim=True)
    norm = norm.where(norm.isfinite(), torch.nan)  # divided by infinity, large numbers would be 0
    x = x / norm.clamp(min=1e-7)
    for _ in range(steps):
        gram = x @ x.mT  # (..., rows, rows)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if wide else x.mT


class Muon(GroupedOptimizer):
    """Momentum, orthogonalised: all but the weakest directions move about equally far (Jordan et al. 2024).

    Only for matrices inside the network; embeddings, norms and biases want :class:`AdamW`.

    Args:
        params: two-dimensional tensors, or groups of them.
        lr: learning rate; a step has about ``lr * sqrt(max(1, rows / columns))`` in each direction.
        momentum: how slowly the running mean of gradients forgets.
        weight_decay: as in AdamW.
    """

    check_settings = staticmethod(_muon)
    state_names: ClassVar[set[str]] = {"mean"}

    @checked
    def __init__(
        self,
        params: Iterable[Tensor | dict[str, Any]],
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay)

    def check_params(self, params: list[Any]) -> None:
        """Raise ``ValueError`` unless ``params`` are matrices to train, each of them there once."""
        super().check_params(params)
        if others := [p for p in params if p.dim() != 2]:
            raise ValueError(f"params is {shown(others[0])}: give Muon matrices only, and AdamW the rest")

    @checked
    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move each matrix that has a gradient."""
        for group in self.param_groups:
            # Matrices of one shape are orthogonalised as one stack, which takes half the time.
            by_shape: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape[parameter.shape].append(parameter)
            for (rows, columns), parameters in by_shape.items():
                ahead = torch.stack([self._ahead(parameter, group["momentum"]) for parameter in parameters])
                size = group["lr"] * max(1.0, rows / columns) ** 0.5
                for parameter, direction in zip(parameters, _newton_schulz(ahead), strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(direction, alpha=-size)

    def _ahead(self, parameter: nn.Parameter, momentum: float) -> Tensor:
        """Update the running mean of a matrix's gradients; return it one step ahead (Nesterov)."""
        assert parameter.grad is not None
        state = self.state[parameter]
        if not state:
            state["mean"] = torch.zeros_like(parameter)
        state["mean"].lerp_(parameter.grad, 1 - momentum)
        return parameter.grad.lerp(state["mean"], momentum)


@checked
def split_parameters(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Return the model's parameters in two lists: matrices inside it (for Muon), all the rest (for AdamW).

    A table that ``nn.Embedding`` holds is a matrix only in shape: its rows are used one at a time. So is an
    output layer of its own: a matrix named ``lm_head``, or the last of the model if it has a table's shape. A
    square one tells nothing by its shape and goes by the name alone.
    """
    tables = [module.weight for module in model.modules() if isinstance(module, nn.Embedding)]
    named = {name: parameter for name, parameter in model.named_parameters() if parameter.dim() == 2}
    outside = {*tables, *(parameter for name, parameter in named.items() if "lm_head" in name.split("."))}
    last = next(reversed(named.values()), None)
    if last is not None and last.shape in {table.shape for table in tables} and len(set(last.shape)) == 2:
        outside.add(last)
    matrices = [parameter for parameter in named.values() if parameter not in outside]
    inside = set(matrices)
    return matrices, [parameter for parameter in model.parameters() if parameter not in inside]
