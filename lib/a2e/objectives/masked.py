"""The masked objective (Devlin et al. 2019, section 3.1): hide some tokens, predict them from both sides."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from a2e.objectives.causal import cross_entropy

IGNORED = -100  # the target of a position that the loss does not count; torch's and Hugging Face's convention


def mask_tokens(
    tokens: Int[Tensor, "*batch time"],
    *,
    mask_token: int,
    vocab_size: int,
    special_tokens: Sequence[int],
    generator: torch.Generator,
    rate: float = 0.15,
    mask_share: float = 0.8,
    random_share: float = 0.1,
) -> tuple[Int[Tensor, "*batch time"], Int[Tensor, "*batch time"]]:
    """Choose tokens to predict and hide most of them: BERT's 15 % with 80/10/10 (Devlin et al. 2019, 3.1).

    Each ordinary token is chosen with probability ``rate``, each on its own. A chosen token becomes
    ``mask_token`` (``mask_share`` of the cases), any token of the vocabulary (``random_share``), or stays
    as it is (the rest). ``special_tokens`` (such as [CLS], [SEP] and padding) are never chosen.

    Returns ``(inputs, targets)``: what the model reads, and the true token where one was chosen, -100
    elsewhere. ``tokens`` is not changed. Draws in the order of Hugging Face's
    ``DataCollatorForLanguageModeling``, so equal seeds give equal masks. Raises ValueError for shares that
    are no probabilities and for ids outside the vocabulary.

    >>> tokens = torch.tensor([0, 5, 6, 7, 8, 9, 1])                           # 0 is [CLS], 1 is [SEP]
    >>> inputs, targets = mask_tokens(tokens, mask_token=2, vocab_size=10, special_tokens=[0, 1, 2],
    ...                               generator=torch.Generator().manual_seed(1), rate=0.5)
    >>> inputs.tolist()
    [0, 2, 2, 7, 2, 9, 1]
    >>> targets.tolist()
    [-100, 5, 6, -100, 8, -100, -100]
    """
    _refuse_bad_shares(rate, mask_share, random_share)
    _refuse_bad_ids(tokens, mask_token, vocab_size, special_tokens)
    chosen = _flip(torch.where(is_special(tokens, special_tokens), 0.0, rate), generator)
    masked = chosen & _flip(torch.full_like(tokens, mask_share, dtype=torch.float32), generator)
    inputs = tokens.masked_fill(masked, mask_token)
    if random_share > 0 and mask_share < 1:
        share_of_rest = min(1.0, random_share / (1 - mask_share))  # of those chosen and not masked
        randomised = _flip(torch.full_like(tokens, share_of_rest, dtype=torch.float32), generator)
        randomised = chosen & ~masked & randomised
        words = torch.randint_like(tokens, vocab_size, generator=generator)
        inputs = torch.where(randomised, words, inputs)
    return inputs, tokens.masked_fill(~chosen, IGNORED)


def masked_cross_entropy(
    logits: Float[Tensor, "*batch time vocab"], targets: Int[Tensor, "*batch time"]
) -> Float[Tensor, ""]:
    """Mean negative log-probability, in nats, of the chosen tokens alone; -100 marks the others.

    Raises ValueError if no position was chosen: the mean of nothing has no value.

    >>> logits = torch.zeros(1, 3, 4)                                          # uniform over 4 tokens
    >>> masked_cross_entropy(logits, torch.tensor([[-100, 2, -100]]))          # ln 4
    tensor(1.3863)
    """
    if bool((targets == IGNORED).all()):
        raise ValueError(
            f"targets {tuple(targets.shape)} has no chosen position, so the loss has no value: "
            "use more tokens in a batch or a higher rate"
        )
    return cross_entropy(logits, targets, ignore_index=IGNORED)


def is_special(tokens: Int[Tensor, "*shape"], special_tokens: Sequence[int]) -> Bool[Tensor, "*shape"]:
    """True where a token is one of ``special_tokens``, which masking leaves alone.

    >>> is_special(torch.tensor([0, 7, 1]), [0, 1])
    tensor([ True, False,  True])
    """
    return torch.isin(tokens, torch.tensor(list(special_tokens), dtype=tokens.dtype, device=tokens.device))


def _flip(probability: Float[Tensor, "*shape"], generator: torch.Generator) -> Bool[Tensor, "*shape"]:
    """One coin for each entry, True with the entry's probability."""
    return torch.bernoulli(probability, generator=generator).bool()


def _refuse_bad_shares(rate: float, mask_share: float, random_share: float) -> None:
    for name, value in (("rate", rate), ("mask_share", mask_share), ("random_share", random_share)):
        if not 0 <= value <= 1:  # also refuses NaN
            raise ValueError(f"{name} is {value}: give a probability between 0 and 1")
    if mask_share + random_share > 1 and not math.isclose(mask_share + random_share, 1):
        raise ValueError(
            f"mask_share + random_share is {mask_share + random_share:g}: shares of one whole must not pass 1"
        )


def _refuse_bad_ids(
    tokens: Int[Tensor, "*shape"], mask_token: int, vocab_size: int, special_tokens: Sequence[int]
) -> None:
    if tokens.is_floating_point() or tokens.is_complex() or tokens.dtype == torch.bool:
        raise ValueError(f"tokens holds {tokens.dtype}: token ids are integers, for example tokens.long()")
    if vocab_size < 1:
        raise ValueError(f"vocab_size is {vocab_size}: a vocabulary needs at least one token")
    for name, ids in (("mask_token", [mask_token]), ("special_tokens", list(special_tokens))):
        for token in ids:
            if not 0 <= token < vocab_size:
                raise ValueError(f"{name} holds {token}: this vocabulary runs from 0 to {vocab_size - 1}")
    low, high = (int(tokens.min()), int(tokens.max())) if tokens.numel() else (0, 0)
    if low < 0 or high >= vocab_size:
        raise ValueError(f"tokens holds ids {low} to {high}: this vocabulary runs from 0 to {vocab_size - 1}")
