"""Wrong answers to the exercises of the page Masked language modelling."""

import math

import torch
from torch.nn import functional as F


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


def shares(scores):
    weights = [math.exp(score) for score in scores]
    return [weight / sum(weights) for weight in weights]


def exp_of_tensor(left, right, candidates, log_probability):
    weights = torch.tensor([log_probability([*left, c, *right]) for c in candidates]).exp()
    return weights / weights.sum()


WRONG = {
    "masked_counts": [
        lambda n: (0.15 * n, 0.8 * n, 0.1 * n, 0.1 * n),
        lambda n: (n, 0.8 * n, 0.1 * n, 0.1 * n),
        lambda n: (0.15 * n, 0.1 * 0.15 * n, 0.8 * 0.15 * n, 0.1 * 0.15 * n),
        lambda n: (0.15 * n, 0.15 * n, 0, 0),
        lambda n: (0.12 * n, 0.015 * n, 0.015 * n),
    ],
    "masked_loss": [over_all, token_zero, mean_of_rows, total, log_likelihood, no_reduction],
    "eighty_ten_ten": [
        masked_in_place,
        always_mask,
        kept_without_target,
        target_everywhere,
        fate_for_all,
        random_and_kept_swapped,
    ],
    "fill_blank": [
        lambda left, right, candidates, log_p: shares([log_p([*left, c]) for c in candidates]),
        lambda left, right, candidates, log_p: shares([log_p([c, *right]) for c in candidates]),
        lambda left, right, candidates, log_p: [math.exp(log_p([*left, c, *right])) for c in candidates],
        lambda left, right, candidates, log_p: [log_p([*left, c, *right]) for c in candidates],
        lambda left, right, candidates, log_p: shares([log_p([*left, c, *right]) / 5 for c in candidates]),
        lambda left, right, candidates, log_p: shares([log_p([*left, *right]) for c in candidates]),
        lambda left, right, candidates, log_p: shares([log_p([*left, c, *right]) for c in candidates]),
        exp_of_tensor,
    ],
}
