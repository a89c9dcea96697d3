"""The masked objective (Devlin et al. 2019, section 3.1): hide some tokens, predict them from both sides."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from a2e.objectives.causal import cross_entropy
from a2e.shapes import Count, Natural, Probability, check_ids, checked, refuse

IGNORED = -100  # the target of a position that the loss does not count; torch's and Hugging Face's convention


@checked
def mask_tokens(
    tokens: Integer[Tensor, "*batch time"],
    *,
    mask_token: Natural,
    vocab_size: Count,
    special_tokens: Sequence[Natural],
    generator: torch.Generator,
    rate: Probability = 0.15,
    mask_share: Probability = 0.8,
    random_share: Probability = 0.1,
) -> tuple[Integer[Tensor, "*batch time"], Integer[Tensor, "*batch time"]]:
    """Return tokens of which some are hidden, and the targets: BERT's 15 % with 80/10/10.

    Devlin et al. 2019, section 3.1. Each ordinary token is chosen with probability ``rate``, each on its own.
    A chosen token becomes ``mask_token`` (``mask_share`` of the cases), any token of the vocabulary
    (``random_share``), or stays as it is (the rest). ``special_tokens`` (such as [CLS], [SEP] and padding)
    are never chosen.

    The two results are 64-bit integers: what the model reads, and the true token where one was chosen, -100
    elsewhere. ``tokens`` is not changed. The draws come in the order of Hugging Face's
    ``DataCollatorForLanguageModeling``, so equal seeds give equal masks. Raise ``ValueError`` for shares that
    are no probabilities and for ids outside the vocabulary.

    >>> tokens = torch.tensor([0, 5, 6, 7, 8, 9, 1])                           # 0 is [CLS], 1 is [SEP]
    >>> inputs, targets = mask_tokens(tokens, mask_token=2, vocab_size=10, special_tokens=[0, 1, 2],
    ...                               generator=torch.Generator().manual_seed(1), rate=0.5)
    >>> inputs.tolist()
    [0, 2, 2, 7, 2, 9, 1]
    >>> targets.tolist()
    [-100, 5, 6, -100, 8, -100, -100]
    """
    shares = mask_share + random_share
    refuse(shares > 1 + 1e-9, f"mask_share + random_share is {shares:g}: give at most 1 in all")
    check_ids(vocab_size, tokens=tokens, mask_token=mask_token, special_tokens=special_tokens)
    tokens = tokens.long()  # in 8 unsigned bits -100 would be 156, a token
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


@checked
def masked_cross_entropy(
    logits: Float[Tensor, "*batch time vocab"], targets: Integer[Tensor, "*batch time"]
) -> Float[Tensor, ""]:
    """Return the mean negative log-probability, in nats, of the chosen tokens alone; -100 marks the others.

    Raise ``ValueError`` if no position was chosen, as in a batch of few tokens at a low rate: the mean of
    nothing has no value.

    >>> logits = torch.zeros(1, 3, 4)                                          # uniform over 4 tokens
    >>> masked_cross_entropy(logits, torch.tensor([[-100, 2, -100]]))          # ln 4
    tensor(1.3863)
    """
    return cross_entropy(logits, targets, ignore_index=IGNORED)


@checked
def is_special(
    tokens: Integer[Tensor, "*shape"], special_tokens: Sequence[Natural]
) -> Bool[Tensor, "*shape"]:
    """Return True where a token is one of ``special_tokens``, which masking leaves alone.

    >>> is_special(torch.tensor([0, 7, 1]), [0, 1])
    tensor([ True, False,  True])
    """
    special = torch.tensor(list(special_tokens), dtype=torch.long, device=tokens.device)
    return torch.isin(tokens.long(), special)


def _flip(probability: Float[Tensor, "*shape"], generator: torch.Generator) -> Bool[Tensor, "*shape"]:
    """Return one coin for each entry, True with the entry's probability."""
    return torch.bernoulli(probability, generator=generator).bool()
