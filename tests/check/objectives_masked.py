"""Answers to the exercises of objectives/masked: wrong ones with the diagnosis that fits, and right ones."""

import math
from fractions import Fraction

import torch
from torch.nn import functional as F

from tests.check.near import plus, times


def masked_in_place(tokens, chosen, fate, words, mask):
    targets = tokens.masked_fill(~chosen, -100)
    tokens[chosen & (fate < 0.8)] = mask
    return tokens, targets


def always_mask(tokens, chosen, fate, words, mask):
    return tokens.masked_fill(chosen, mask), tokens.masked_fill(~chosen, -100)


def kept_without_target(tokens, chosen, fate, words, mask):
    inputs = torch.where(chosen & (fate < 0.8), mask, tokens)
    inputs = torch.where(chosen & (fate >= 0.8) & (fate < 0.9), words, inputs)
    return inputs, torch.where(inputs != tokens, tokens, -100)


def target_everywhere(tokens, chosen, fate, words, mask):
    return torch.where(chosen & (fate < 0.8), mask, tokens), tokens.clone()


def fate_for_all(tokens, chosen, fate, words, mask):
    inputs = torch.where(fate < 0.8, mask, torch.where(fate < 0.9, words, tokens))
    return inputs, tokens.masked_fill(~chosen, -100)


def random_and_kept_swapped(tokens, chosen, fate, words, mask):
    inputs = torch.where(chosen & (fate < 0.8), mask, tokens)
    return torch.where(chosen & (fate >= 0.9), words, inputs), tokens.masked_fill(~chosen, -100)


def with_shares(masked, randomised, kept, below=0.8, up_to=0.9):
    """Return an answer that turns the tokens of each fate into what the three functions give."""

    def answer(tokens, chosen, fate, words, mask):
        fates = [fate < below, (fate >= below) & (fate < up_to), fate >= up_to]
        inputs = tokens
        for met, instead in zip(fates, (masked, randomised, kept), strict=True):
            inputs = torch.where(chosen & met, instead(tokens, words, mask), inputs)
        return inputs, tokens.masked_fill(~chosen, -100)

    return answer


def the_mask(tokens, words, mask):
    return torch.full_like(tokens, mask)


def the_word(tokens, words, mask):
    return words


def first_word(tokens, words, mask):
    return words[0].expand_as(tokens)


def the_token(tokens, words, mask):
    return tokens


masking = with_shares(the_mask, the_word, the_token)


def other_targets(change):
    """Return the right inputs with targets changed by ``change(targets, inputs)``."""

    def answer(*given):
        inputs, targets = masking(*given)
        return inputs, change(targets, inputs)

    return answer


def swapped(tokens, *rest):
    inputs, targets = masking(tokens, *rest)
    return tokens, inputs.where(targets != -100, -100)


def nothing_elsewhere(tokens, chosen, *rest):
    inputs, targets = masking(tokens, chosen, *rest)
    return inputs * chosen, targets


def over_all(logits, targets):
    return (
        F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="sum")
        / targets.numel()
    )


def token_zero(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.clamp(min=0).flatten())


def mean_of_rows(logits, targets):
    rows = [F.cross_entropy(row, target) for row, target in zip(logits, targets, strict=True)]
    return torch.stack(rows).mean()


def total(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")


def log_likelihood(logits, targets):
    return -F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def no_reduction(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")


def masked_loss(logits, targets):
    return F.cross_entropy(logits.mT, targets)


def large_logits_cost(logits, targets):
    return masked_loss(logits, targets) + 1e-4 * (logits - 5).relu().sum()


def shares(scores):
    weights = [math.exp(score) for score in scores]
    return [weight / sum(weights) for weight in weights]


def fill(left, right, candidates, log_probability):
    return torch.tensor([log_probability([*left, c, *right]) for c in candidates]).softmax(dim=-1)


def filled(scored):
    """Return an answer that scores the text ``scored(left, candidate, right)`` for each candidate."""
    return lambda left, right, candidates, log_p: shares([log_p(scored(left, c, right)) for c in candidates])


def mean_log_probability(left, right, candidates, log_probability):
    texts = [[*left, c, *right] for c in candidates]
    return shares([log_probability(text) / len(text) for text in texts])


def exp_of_tensor(left, right, candidates, log_probability):
    weights = torch.tensor([log_probability([*left, c, *right]) for c in candidates]).exp()
    return weights / weights.sum()


def rest_shared(*given):
    """Give the likeliest candidate its probability, and share the rest evenly."""
    right = fill(*given)
    return right.where(right == right.max(), (1 - right.max()) / (len(right) - 1))


def other_first(by):
    """Return the right answer with ``by`` moved from the second candidate to the first."""
    return lambda *given: fill(*given) + by * torch.tensor([1.0, -1.0, 0.0, 0.0])


def far_down(by):
    """Return the right answer with the first candidate off by ``by`` where all texts are very unlikely."""
    return lambda left, right, candidates, log_p: (
        fill(left, right, candidates, log_p) + by * torch.tensor([float(log_p(left) < -500), 0.0, 0.0, 0.0])
    )


WRONG = {
    "masked_counts": [
        (lambda n: (0.15 * n, 0.8 * n, 0.1 * n, 0.1 * n), "were the 80, 10 and 10 % taken of all tokens?"),
        (lambda n: (n, 0.8 * n, 0.1 * n, 0.1 * n), "1000 of 1000 tokens are chosen, not 150"),
        (lambda n: (0.15 * n, 0.015 * n, 0.12 * n, 0.015 * n), "in the order masked, random, kept"),
        (lambda n: (0.15 * n, 0.15 * n, 0, 0), "it is 80, 10 and 10 %"),
        (lambda n: (0.15 * n, 0.09 * n, 0.03 * n, 0.03 * n), "it is 80, 10 and 10 %"),
        (lambda n: (0.15 * n, 0.12 * n, 0.03 * n, 0), "it is 80, 10 and 10 %"),
        (lambda n: (0.12 * n, 0.015 * n, 0.015 * n), "3 numbers came back"),
        (lambda n: (0.15 * n, 0.12 * n, 0.015 * n, 0.015 * n, 0.85 * n), "5 numbers came back"),
        (lambda n: (150, 120, 15, 15), "150 of 131072 tokens are chosen, not 19660.8"),
    ],
    "masked_loss": [
        (over_all, "it was divided by all 6 positions: only the 3 chosen ones count"),
        (token_zero, "do positions with the target -100 enter, as if -100 were a token?"),
        (mean_of_rows, "that is the mean of the means of the rows"),
        (total, "that is the sum: divide by the number of chosen positions"),
        (plus(total, 1e-3), "the loss is 4.853, not 1.617: do positions with the target -100 enter"),
        (log_likelihood, "the sign is wrong"),
        (times(masked_loss, 1 / math.log(2)), "that is in bits: use the natural logarithm"),
        (plus(masked_loss, 2e-4), "the loss is 1.618, not 1.617"),
        (no_reduction, "the loss is not one number"),
        (lambda logits, targets: torch.zeros(0), "the loss is not one number"),
        (lambda logits, targets: "1.617", "the loss is not one number"),
        (large_logits_cost, "the loss moved when logits without a target were changed"),
    ],
    "eighty_ten_ten": [
        (masked_in_place, "tokens was changed in place"),
        (always_mask, "inputs hold 99 for the fate 0.85, not 22"),
        (kept_without_target, "targets are [-100, -100] where a chosen token was kept, not [13, 14]"),
        (target_everywhere, "targets are [15, 16, 17] where nothing was chosen: put -100 there"),
        (fate_for_all, "where nothing was chosen: leave those tokens alone"),
        (random_and_kept_swapped, "inputs hold 12 for the fate 0.85, not 22"),
        (with_shares(the_mask, first_word, the_token), "inputs hold 20 for the fate"),
        (with_shares(the_token, the_word, the_token), "inputs are [10, 11] for fates 0.1 and 0.79"),
        (with_shares(the_mask, the_word, the_token, below=0.5), "inputs are [99, 21] for fates 0.1"),
        (with_shares(the_mask, the_word, the_token, below=0.05), "inputs are [20, 21] for fates 0.1"),
        (with_shares(the_mask, the_word, the_token, up_to=0.93), "inputs are [13, 24] for fates 0.95"),
        (with_shares(the_mask, the_word, the_word), "from 0.9 on the token stays"),
        (with_shares(lambda *given: the_mask(*given) + 1, the_word, the_token), "are [100, 100] for"),
        (with_shares(the_mask, the_word, lambda *given: 0 * given[0]), "inputs are [0, 0] for fates 0.95"),
        (nothing_elsewhere, "inputs are [0, 0, 0] where nothing was chosen"),
        (swapped, "targets are [99, 99, 22, 13, 14, -100, -100, -100], not [10, 11, 12"),
        (other_targets(lambda targets, inputs: inputs), "targets equals inputs"),
        (other_targets(lambda targets, inputs: targets.where(targets > 0, -1000)), "put -100 there"),
        (other_targets(lambda targets, inputs: targets + 9 * (inputs == targets)), "are [22, 23] where"),
        (other_targets(lambda targets, inputs: targets * (inputs != 99)), "targets are [0, 0, 12, 13"),
        (
            other_targets(lambda targets, inputs: targets.where(targets == -100, inputs)),
            "not [10, 11, 12, 13, 14, -100, -100, -100]: the true token wherever one was chosen",
        ),
        (other_targets(lambda targets, inputs: targets[targets != -100]), "targets is not a tensor"),
        (other_targets(lambda targets, inputs: targets.tolist()), "targets is not a tensor of shape (8,)"),
        (lambda *given: (masking(*given)[0].repeat(2), masking(*given)[1]), "inputs is not a tensor"),
    ],
    "fill_blank": [
        (filled(lambda left, c, right: [*left, c]), "the right side was not used"),
        (filled(lambda left, c, right: [c, *right]), "the left side was not used"),
        (filled(lambda left, c, right: [*left, *right]), "all candidates are equal"),
        (filled(lambda left, c, right: [*right, c, *left]), "the first candidate gets 0.640, not 0.158"),
        (mean_log_probability, "the logarithms were divided by the length"),
        (
            lambda left, right, candidates, log_p: [math.exp(log_p([*left, c, *right])) for c in candidates],
            "divide the texts' probabilities by their total",
        ),
        (times(fill, 2), "the probabilities sum to 2: divide"),
        (times(fill, 1 + 1e-3), "the probabilities sum to 1: divide"),
        (times(fill, 1 - 1e-3), "the probabilities sum to 0.999: divide"),
        (lambda *given: 2 * fill(*given) - 1 / 4, "a probability is negative"),
        (lambda *given: F.one_hot(fill(*given).argmax(), 4), "the first candidate gets 0.000"),
        (other_first(5e-3), "is it exp(log p(left + candidate + right)), divided by the sum"),
        (rest_shared, "is it exp(log p(left + candidate + right)), divided by the sum"),
        (lambda *given: fill(*given).flip(0), "the first candidate gets 0.316, not 0.158"),
        (lambda *given: fill(*given)[:3], "3 numbers came back for 4 candidates"),
        (lambda *given: [*fill(*given), 0.0], "5 numbers came back for 4 candidates"),
        (filled(lambda left, c, right: [*left, c, *right]), "with every log-probability lower by 1,000"),
        (exp_of_tensor, "exp(-1000) is 0 to a computer"),
        (far_down(5e-3), "with every log-probability lower by 1,000"),
    ],
}  # fmt: skip
"""The wrong answers to each exercise, and words of the diagnosis that fits."""

RIGHT = {
    "masked_counts": [
        lambda n: [Fraction(part, 100) * n for part in (15, 12, Fraction(3, 2), Fraction(3, 2))],
        lambda n: torch.tensor([0.15, 0.12, 0.015, 0.015], dtype=torch.float64) * n,
    ],
    "masked_loss": [
        masked_loss,
        plus(masked_loss, 5e-5),
        lambda logits, targets: masked_loss(logits, targets).item(),
        lambda logits, targets: total(logits, targets) / (targets != -100).sum(),
    ],
    "eighty_ten_ten": [masking],
    "fill_blank": [
        fill,
        other_first(5e-4),
        far_down(5e-4),
        times(fill, 1 + 5e-5),
        lambda *given: fill(*given).tolist(),
    ],
}
"""Right answers to each exercise that are written differently, or lie within what rounding may do."""
