"""Predict the next token: the loss that causal language models are trained with, and its units.

A causal model gives a probability to every possible next token. The chain rule multiplies these into the
probability of a whole text; minus its logarithm, averaged over tokens, is the cross-entropy that training
lowers. The logarithm is natural, so losses are in nats; divide by ln 2 for bits.

>>> inputs, targets = shift(torch.tensor([5, 6, 7, 8]))
>>> inputs.tolist(), targets.tolist()
([5, 6, 7], [6, 7, 8])
>>> certain, undecided = torch.tensor([20.0, 0.0]), torch.tensor([0.0, 0.0])
>>> loss = cross_entropy(torch.stack([certain, undecided]), torch.tensor([0, 0]))
>>> round(loss.item(), 4)  # (0 + ln 2) / 2
0.3466
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from a2e.objectives.direction import check_causal, logits_of
from a2e.shapes import Count, NonNegativeOrInf, check_ids, checked, refuse


@checked
def shift(
    tokens: Integer[Tensor, "*batch time"],
) -> tuple[Integer[Tensor, "*batch time-1"], Integer[Tensor, "*batch time-1"]]:
    """Return what the model reads and what it must predict, one step later.

    Position ``t`` of the targets holds the token that follows position ``t`` of the inputs. Both are views of
    ``tokens``, one shorter: the first token has no predecessor to be predicted from, the last no successor.

    >>> shift(torch.tensor([[1, 2, 3], [4, 5, 6]]))
    (tensor([[1, 2],
            [4, 5]]), tensor([[2, 3],
            [5, 6]]))
    """
    refuse(tokens.shape[-1] < 2, f"tokens is {tokens.shape[-1]} long: give 2 or more, one to predict")
    return tokens[..., :-1], tokens[..., 1:]


@checked
def log_probability(
    logits: Float[Tensor, "*positions vocab"], targets: Integer[Tensor, "*positions"]
) -> Float[Tensor, "*positions"]:
    """Return the target's ``logit - log sum_j exp(logit_j)`` at every position, without overflow.

    ``log_softmax`` is the logits minus their log-sum-exp, in one pass. Logits of 16 bits are raised to 32
    first: a sum over a large vocabulary needs the digits.

    >>> round(log_probability(torch.tensor([1e4, 1e4]), torch.tensor(1)).item(), 4)     # ln(1/2)
    -0.6931
    """
    check_ids(logits.shape[-1], targets=targets)
    if logits.dtype in (torch.bfloat16, torch.float16):
        logits = logits.float()
    return logits.log_softmax(-1).gather(-1, targets.long().unsqueeze(-1)).squeeze(-1)


@checked
def cross_entropy(
    logits: Float[Tensor, "*positions vocab"],
    targets: Integer[Tensor, "*positions"],
    ignore_index: int = -100,
) -> Float[Tensor, ""]:
    """Return the mean of ``log sum_j exp(logit_j) - logit_target`` over the positions that count, in nats.

    ``targets`` has the shape of ``logits`` without the vocabulary. Positions whose target is ``ignore_index``
    (padding) add nothing to the sum nor to the count it is divided by. Logits of NaN give NaN. Equals
    ``torch.nn.functional.cross_entropy`` in value and in gradient, which is
    ``(softmax(logits) - one_hot(target)) / count``.

    >>> logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 9.0]])
    >>> round(cross_entropy(logits, torch.tensor([0, -100])).item(), 4)     # ln(e^2 + e + 1) - 2
    0.4076
    """
    targets = targets.long()  # in 8 unsigned bits -100 would be 156, a token
    keep = targets != ignore_index  # (*positions)
    refuse(not keep.any(), f"targets is ignore_index={ignore_index} everywhere: give one that counts")
    chosen = targets.where(keep, 0)  # (*positions)
    return -log_probability(logits, chosen)[keep].mean()


@checked
def log_likelihood(
    model: Callable[[Tensor], Tensor], tokens: Integer[Tensor, "*batch time"]
) -> Float[Tensor, "*batch"]:
    """Return the sum of ``log p(x_t | x_1 ... x_{t-1})`` over each sequence given its first token, in nats.

    ``model`` maps tokens (batch, time) to logits (batch, time, vocab) and is called once, on all tokens but
    the last. It must be causal, and in evaluation mode if dropout is not to disturb the score.

    >>> undecided = lambda tokens: torch.zeros(*tokens.shape, 4)            # four tokens, equally likely
    >>> round(log_likelihood(undecided, torch.tensor([3, 1, 2])).item(), 4)  # 2 ln(1/4)
    -2.7726
    """
    check_causal(model)
    inputs, targets = (part.reshape(-1, part.shape[-1]) for part in shift(tokens))  # (B, time-1)
    logits = logits_of(model, inputs)  # (B, time-1, vocab)
    return log_probability(logits, targets).sum(-1).reshape(tokens.shape[:-1])


@checked
def perplexity(nats_per_token: NonNegativeOrInf) -> float:
    """Return ``exp(loss)``: the number of equally likely tokens that would be as hard to choose among.

    Above 709.78 nats that is more than a float can hold, and the answer is infinity.

    >>> round(perplexity(math.log(50)), 6)
    50.0
    """
    try:
        return math.exp(nats_per_token)
    except OverflowError:
        return math.inf


@checked
def bits_per_byte(nats_per_token: NonNegativeOrInf, tokens: Count, bytes: Count) -> float:
    """Return a loss per token in bits per byte of UTF-8 text, which does not depend on the tokenizer.

    An infinite loss, of a model that gave a token no probability, stays infinite.

    ``tokens`` is how many targets the loss is a mean over, ``bytes`` how many bytes of text those targets
    stand for: ``nats_per_token * tokens / (bytes * ln 2)``.

    >>> bits_per_byte(2 * math.log(2), tokens=100, bytes=400)               # 2 bits a token, 4 bytes a token
    0.5
    """
    return nats_per_token * tokens / (bytes * math.log(2))
