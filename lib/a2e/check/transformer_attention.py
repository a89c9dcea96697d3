"""Checkers for the page Attention."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from a2e.check.base import checker, require


@checker
def attention(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str:
    """Check unmasked scaled dot-product attention."""
    draw = torch.Generator().manual_seed(0)
    query, key = torch.randn(3, 16, generator=draw), torch.randn(5, 16, generator=draw)
    total = _tensor(answer(query, key, torch.ones(5, 2)), (3, 2), "(n, d_v)")
    require(
        torch.allclose(total, torch.ones(3, 2), atol=1e-5),
        f"the weights of a query sum to {total[0, 0]:.2f}, not 1: "
        "was the scaling applied after softmax, or softmax taken over the wrong axis?",
    )
    value = torch.randn(5, 2, generator=draw)
    result = _tensor(answer(query, key, value), (3, 2), "(n, d_v)")
    scores = query @ key.mT
    for factor, cause in (
        (1.0, "the scores were not divided by the root of d_k"),
        (1 / 16, "the scores were divided by d_k, not by its root"),
        (1 / math.sqrt(5), "the scores were divided by the root of the number of keys, not of d_k"),
        (1 / math.sqrt(2), "the scores were divided by the root of the width of the values, not of d_k"),
        (1 / math.sqrt(3), "the scores were divided by the root of the number of queries, not of d_k"),
        (math.sqrt(16), "the scores were multiplied by the root of d_k"),
    ):
        wrong = (factor * scores).softmax(-1) @ value
        require(not torch.allclose(result, wrong, atol=1e-4), f"the weights are off: {cause}")
    expected = (scores / 4).softmax(-1) @ value
    require(
        torch.allclose(result, expected, atol=1e-4),
        f"the first output is {result[0, 0]:.3f}, not {expected[0, 0]:.3f}: "
        "is it softmax(query @ key.mT / sqrt(d_k)) @ value?",
    )
    return "rows sum to one, the scale is right, and the output equals the formula's"


@checker
def window_mask(answer: Callable[[int, int], Tensor]) -> str:
    """Check the mask of a causal sliding window."""
    mask = _tensor(answer(6, 3), (6, 6), "(length, length)")
    require(mask.dtype == torch.bool, f"the mask holds {mask.dtype}: make it boolean with a comparison")
    require(mask.diagonal().all(), "a token does not see itself: is the distance 0 included?")
    require(not mask.triu(1).any(), "a token sees a later one: rows are queries, columns are keys")
    seen = mask.sum(-1).tolist()
    require(
        seen == [1, 2, 3, 3, 3, 3],
        f"the tokens see {seen} tokens, not [1, 2, 3, 3, 3, 3]: width counts the token itself",
    )
    place = torch.arange(6)
    back = place[:, None] - place
    require(bool((mask == ((back >= 0) & (back < 3))).all()), "the window is not the nearest tokens")
    require(answer(4, 9).sum() == 10, "a window wider than the text must be the causal mask")
    return "each token sees itself and the width - 1 tokens before it"


@checker
def softmax_gradient(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Check the product of softmax's Jacobian with a gradient, row by row."""
    draw = torch.Generator().manual_seed(0)
    scores = torch.randn(4, 6, generator=draw, requires_grad=True)
    weights, gradient = scores.softmax(-1), torch.randn(4, 6, generator=draw)
    weights.backward(gradient)
    weights = weights.detach()
    result = _tensor(answer(weights, gradient), (4, 6), "(..., n)")
    require(
        result.sum(-1).abs().max() < 1e-5,
        f"a row sums to {result.sum(-1)[0]:.2f}, not 0: adding the same to all scores changes nothing, "
        "so is the sum taken over the last axis, of p times g?",
    )
    require(
        torch.allclose(result, scores.grad, atol=1e-5),  # type: ignore[arg-type]
        f"the first entry is {result[0, 0]:.3f}, and autograd says {scores.grad[0, 0]:.3f}: "  # type: ignore[index]
        "is it p * (g - sum of p * g)?",
    )
    return "every row equals autograd"


def _tensor(result: object, shape: tuple[int, ...], words: str) -> Tensor:
    """The result, if it is a tensor of that shape."""
    found = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
    require(found == shape, f"the result is {found}, not a tensor of shape {shape}: return {words}")
    assert isinstance(result, Tensor)
    return result
