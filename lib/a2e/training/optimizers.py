"""Optimizers from their papers, equal to torch's own: AdamW for vectors and tables, Muon for matrices."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).

    Args:
        params: tensors to train, or groups of them.
        lr: learning rate.
        betas: how slowly the two running means forget.
        eps: added to the root of the second mean, against division by zero.
        weight_decay: share of each weight taken away a step, times ``lr``; not an L2 penalty in the loss.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        _check_positive(lr=lr, eps=eps)
        _check_decay(weight_decay)
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas={betas} must be two numbers that both lie in [0, 1)")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move each parameter that has a gradient."""
        if closure is not None:
            raise ValueError("closure is not supported: call loss.backward() yourself, then step()")
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


def orthogonalise(
    matrices: Float[Tensor, "*stack rows columns"], steps: int = 5
) -> Float[Tensor, "*stack rows columns"]:
    """The nearest matrix whose singular values are all about one, by five Newton-Schulz steps.

    The polynomial's coefficients are Jordan's (2024): fast rather than exact, singular values end
    between about 0.7 and 1.2. A stack of matrices is worked on side by side.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = matrices.shape[-2] <= matrices.shape[-1]
    x = matrices if wide else matrices.mT
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(steps):
        gram = x @ x.mT  # (..., rows, rows)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if wide else x.mT


class Muon(Optimizer):
    """Momentum, orthogonalised: every direction of a weight matrix moves equally far (Jordan et al. 2024).

    Only for matrices inside the network; embeddings, norms and biases want :class:`AdamW`.

    Args:
        params: two-dimensional tensors.
        lr: learning rate; a step has about ``lr * sqrt(max(1, rows / columns))`` in each direction.
        momentum: how slowly the running mean of gradients forgets.
        weight_decay: as in AdamW.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float = 0.02, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        _check_positive(lr=lr)
        _check_decay(weight_decay)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum={momentum} must lie in [0, 1)")
        params = list(params)
        for parameter in params:
            if not isinstance(parameter, Tensor):
                raise ValueError(
                    f"params holds a {type(parameter).__name__}: give Muon one flat list of matrices, "
                    "and make one Muon for each group"
                )
            if parameter.dim() != 2:
                raise ValueError(
                    f"params holds a tensor of shape {tuple(parameter.shape)}: Muon moves matrices only, "
                    "give the others to AdamW"
                )
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move each matrix that has a gradient."""
        if closure is not None:
            raise ValueError("closure is not supported: call loss.backward() yourself, then step()")
        for group in self.param_groups:
            # Matrices of one shape are orthogonalised as one stack, which takes half the time.
            by_shape: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape[parameter.shape].append(parameter)
            for (rows, columns), parameters in by_shape.items():
                ahead = torch.stack([self._ahead(parameter, group["momentum"]) for parameter in parameters])
                size = group["lr"] * max(1.0, rows / columns) ** 0.5
                for parameter, direction in zip(parameters, orthogonalise(ahead), strict=True):
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


def split_parameters(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The model's parameters in two lists: matrices inside the network (for Muon), all the rest (for AdamW).

    A table that ``nn.Embedding`` holds is a matrix only in shape: its rows are used one at a time.
    """
    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for parameter in model.parameters():
        (matrices if parameter.dim() == 2 and id(parameter) not in tables else rest).append(parameter)
    return matrices, rest


def _check_positive(**values: float) -> None:
    for name, value in values.items():
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name}={value} must be positive and finite")


def _check_decay(weight_decay: float) -> None:
    if not 0 <= weight_decay < math.inf:
        raise ValueError(f"weight_decay={weight_decay} must be 0 (none) or more, and finite")
