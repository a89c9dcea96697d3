"""Checkers for the page Masked language modelling."""

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from a2e.check.base import checker, require

LogProbability = Callable[[list[int]], float]


@checker
def masked_counts(answer: Callable[[int], tuple[float, float, float, float]]) -> str:
    """Check expected counts of chosen, masked, random and kept tokens among ``n`` ordinary ones."""
    for n in (1000, 131_072):
        counts = [float(x) for x in answer(n)]
        require(len(counts) == 4, f"{len(counts)} numbers came back: give chosen, masked, random and kept")
        chosen, masked, randomised, kept = counts
        require(
            math.isclose(chosen, 0.15 * n),
            f"{chosen:g} of {n} tokens are chosen, not {0.15 * n:g}: BERT chooses 15 % of all tokens",
        )
        require(
            math.isclose(masked + randomised + kept, chosen),
            f"masked + random + kept is {masked + randomised + kept:g} and chosen {chosen:g}: the three "
            "fates share out the chosen tokens, so were the 80, 10 and 10 % taken of all tokens?",
        )
        require(
            math.isclose(masked, 0.12 * n) and math.isclose(randomised, kept),
            f"of {chosen:g} chosen tokens {masked:g}, {randomised:g} and {kept:g} meet the three fates: "
            "it is 80, 10 and 10 %, in the order masked, random, kept",
        )
    return "15 % are chosen; of those 80 % are masked, 10 % random, 10 % kept"


@checker
def masked_loss(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Check a mean cross-entropy over the positions whose target is not -100."""
    logits = torch.tensor(
        [[[1.0, 1, 1, 1], [1, 4, 1, 2], [2, 2, 2, 2]], [[3, 1, 3, 1], [1, 1, 5, 1], [6, 1, 0.5, 0.5]]]
    )
    logits = logits.log()  # (2, 3, 4)
    targets = torch.tensor([[-100, 1, 2], [-100, -100, 3]])
    value = _number(answer(logits.clone(), targets.clone()))
    surprises = [math.log(2), math.log(4), math.log(16)]
    right = sum(surprises) / 3
    rows = (sum(surprises[:2]) / 2 + surprises[2]) / 2
    for wrong, cause in (
        (-right, "the sign is wrong: the loss is minus the logarithm"),
        (sum(surprises), "that is the sum: divide by the number of chosen positions"),
        (sum(surprises) / 6, "it was divided by all 6 positions: only the 3 chosen ones count"),
        (rows, "that is the mean of the means of the rows: every chosen position weighs the same"),
        (right / math.log(2), "that is in bits: use the natural logarithm"),
    ):
        require(
            not math.isclose(value, wrong, abs_tol=1e-4), f"the loss is {value:.3f}, not {right:.3f}: {cause}"
        )
    require(
        math.isclose(value, right, abs_tol=1e-4),
        f"the loss is {value:.3f}, not {right:.3f}: do positions with the target -100 enter, "
        "as if -100 were a token?",
    )
    changed = logits.clone()
    changed[targets == -100] = torch.tensor([9.0, -9.0, 0.0, 3.0])
    require(
        math.isclose(_number(answer(changed, targets)), right, abs_tol=1e-4),
        "the loss moved when logits without a target were changed: they must not enter",
    )
    return "the mean is over the chosen positions alone"


@checker
def eighty_ten_ten(answer: Callable[[Tensor, Tensor, Tensor, Tensor, int], tuple[Tensor, Tensor]]) -> str:
    """Check what the model reads and its targets, from given draws."""
    tokens = torch.tensor([10, 11, 12, 13, 14, 15, 16, 17])
    chosen = torch.tensor([True, True, True, True, True, False, False, False])
    fate = torch.tensor([0.1, 0.79, 0.85, 0.95, 0.91, 0.1, 0.85, 0.95])
    words = torch.arange(20, 28)
    before = tokens.clone()
    inputs, targets = answer(tokens, chosen, fate, words, 99)
    require(
        torch.equal(tokens, before), "tokens was changed in place: the caller still needs it, so clone it"
    )
    for name, result in (("inputs", inputs), ("targets", targets)):
        require(
            isinstance(result, Tensor) and result.shape == tokens.shape,
            f"{name} is not a tensor of shape {tuple(tokens.shape)}: keep one entry for each token",
        )
    _right_targets(targets.tolist(), inputs.tolist())
    _right_inputs(inputs.tolist())
    return "80 % masked, 10 % random, 10 % kept, and all of them have a target"


def _right_targets(got: list[int], reads: list[int]) -> None:
    want = [10, 11, 12, 13, 14, -100, -100, -100]
    require(got != reads, "targets equals inputs: a target is the true token, before it was replaced")
    require(
        got[5:] == want[5:],
        f"targets are {got[5:]} where nothing was chosen: put -100 there, so no loss is counted",
    )
    require(
        got[3:5] == want[3:5],
        f"targets are {got[3:5]} where a chosen token was kept, not {want[3:5]}: kept tokens count too",
    )
    require(got == want, f"targets are {got}, not {want}: the true token wherever one was chosen")


def _right_inputs(reads: list[int]) -> None:
    require(
        reads[5:] == [15, 16, 17],
        f"inputs are {reads[5:]} where nothing was chosen: leave those tokens alone",
    )
    require(
        reads[:2] == [99, 99],
        f"inputs are {reads[:2]} for fates 0.1 and 0.79: below 0.8 the mask token stands",
    )
    require(
        reads[2] == 22, f"inputs hold {reads[2]} for the fate 0.85, not 22: from 0.8 to 0.9 a word is put in"
    )
    require(
        reads[3:5] == [13, 14],
        f"inputs are {reads[3:5]} for fates 0.95 and 0.91: from 0.9 on the token stays",
    )


@checker
def fill_blank(answer: Callable[[list[int], list[int], list[int], LogProbability], Sequence[float]]) -> str:
    """Check the probabilities of candidates for a blank, from a model that scores whole texts."""
    chain = torch.tensor([[4.0, 2, 1, 1], [3, 1, 2, 2], [1, 2, 1, 4], [2, 1, 2, 3]]) / 8  # p(next | token)

    def log_probability(text: list[int]) -> float:
        steps = (float(chain[a, b]) for a, b in itertools.pairwise(text))
        return math.log(0.25) + sum(map(math.log, steps))

    result = torch.tensor([float(p) for p in answer([0, 1], [3, 0], [0, 1, 2, 3], log_probability)])
    require(len(result) == 4, f"{len(result)} numbers came back for 4 candidates: give one probability each")
    require(
        abs(float(result.sum()) - 1) < 1e-4,
        f"the probabilities sum to {float(result.sum()):.3g}: divide the texts' probabilities by their total",
    )
    require(bool((result >= 0).all()), "a probability is negative: are these logarithms? take exp first")
    from_left, from_right = chain[1], chain[:, 3]
    both = from_left * from_right
    for weights, cause in (
        (from_left, "the right side was not used: score the whole text, not left + candidate"),
        (from_right, "the left side was not used: score left + candidate + right"),
        (both**0.2, "the logarithms were divided by the length: use the sum, not the mean"),
        (torch.ones(4), "all candidates are equal: is the candidate itself in the text that is scored?"),
    ):
        require(not torch.allclose(result, weights / weights.sum(), atol=1e-3), cause)
    require(
        torch.allclose(result, both / both.sum(), atol=1e-3),
        f"the first candidate gets {float(result[0]):.3f}, not {float(both[0] / both.sum()):.3f}: is it "
        "exp(log p(left + candidate + right)), divided by the sum over candidates?",
    )
    require(
        _same_far_down(answer, log_probability, result),
        "with every log-probability lower by 1,000 the result changes: exp(-1000) is 0 to a computer, so "
        "subtract the largest before exp, or use softmax",
    )
    return "a causal model fills the blank with both sides, one pass for each candidate"


def _same_far_down(
    answer: Callable[[list[int], list[int], list[int], LogProbability], Sequence[float]],
    log_probability: LogProbability,
    expected: Tensor,
) -> bool:
    """Whether the probabilities stay when all texts are exp(1000) times less probable."""
    try:
        far = answer([0, 1], [3, 0], [0, 1, 2, 3], lambda text: log_probability(text) - 1000)
        return torch.allclose(torch.tensor([float(p) for p in far]), expected, atol=1e-3)
    except ZeroDivisionError:  # the sum of weights that are all 0
        return False


def _number(value: object) -> float:
    """The answer as a plain number, or CheckFailed."""
    require(
        isinstance(value, Tensor | float | int) and (not isinstance(value, Tensor) or value.numel() == 1),
        "the loss is not one number: average over the chosen positions",
    )
    return float(value)  # type: ignore[arg-type]
