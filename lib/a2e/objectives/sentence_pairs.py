"""Pairs of sentences: next sentence prediction and BERT's input (Devlin et al. 2019, 3.1 and figure 2)."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

Sentence = Sequence[int]


class SentencePair(NamedTuple):
    """Two sentences as token ids, and whether the second one really follows the first in its document."""

    first: Sentence
    second: Sentence
    is_next: bool


class PairInput(NamedTuple):
    """One padded pair as BERT reads it; each entry has ``length`` places."""

    tokens: Int[Tensor, " length"]  # [CLS] A [SEP] B [SEP] [PAD] ...
    segments: Int[Tensor, " length"]  # 0 for [CLS] A [SEP], 1 for B [SEP], 0 for padding
    positions: Int[Tensor, " length"]  # 0, 1, 2, ...
    present: Bool[Tensor, " length"]  # False for padding


def next_sentence_pairs(
    documents: Sequence[Sequence[Sentence]], *, generator: torch.Generator, next_share: float = 0.5
) -> list[SentencePair]:
    """One pair for each sentence that has a successor: the true next one, or one of another document.

    The true successor is used with probability ``next_share``; otherwise another document is drawn, then
    one of its sentences, both uniformly. Raises ValueError with fewer than two documents that hold a
    sentence, and when no document holds two.

    >>> pairs = next_sentence_pairs([[[1], [2], [3]], [[7], [8]]], generator=torch.Generator().manual_seed(0))
    >>> [(pair.first, pair.second, pair.is_next) for pair in pairs]
    [([1], [2], True), ([2], [7], False), ([7], [8], True)]
    """
    documents = [document for document in documents if len(document)]
    if len(documents) < 2:
        raise ValueError(f"documents holds {len(documents)} with a sentence: a random pair needs two or more")
    if all(len(document) < 2 for document in documents):
        raise ValueError("documents holds none with two sentences: a true pair needs one")
    if not 0 <= next_share <= 1:
        raise ValueError(f"next_share is {next_share}: give a probability between 0 and 1")

    def draw(n: int) -> int:
        return int(torch.randint(n, (), generator=generator))

    pairs = []
    for index, document in enumerate(documents):
        for first, successor in itertools.pairwise(document):
            if float(torch.rand((), generator=generator)) < next_share:
                pairs.append(SentencePair(first, successor, True))
            else:
                other = documents[(index + 1 + draw(len(documents) - 1)) % len(documents)]  # never itself
                pairs.append(SentencePair(first, other[draw(len(other))], False))
    return pairs


def truncate_pair(first: Sentence, second: Sentence, room: int) -> tuple[Sentence, Sentence]:
    """Shorten the longer sentence, then both, from the end, until the two hold at most ``room`` tokens.

    >>> truncate_pair([1, 2], [3, 4, 5, 6, 7], room=5)
    ([1, 2], [3, 4, 5])
    >>> truncate_pair([1, 2, 3, 4], [5, 6, 7, 8], room=5)
    ([1, 2], [5, 6, 7])
    """
    if room < 0:
        raise ValueError(f"room is {room}: give the number of tokens that both sentences may hold, 0 or more")
    shorter = min(len(first), len(second), room // 2)
    longer = room - shorter
    keep_first, keep_second = (longer, shorter) if len(first) > len(second) else (shorter, longer)
    return first[:keep_first], second[:keep_second]


def pack_pair(
    first: Sentence, second: Sentence, *, cls_token: int, sep_token: int, pad_token: int, length: int
) -> PairInput:
    """BERT's three-part input for two sentences, cut and padded to ``length`` places.

    Raises ValueError if ``length`` has no room for [CLS], two [SEP] and a token of each sentence.

    >>> pair = pack_pair([5, 6], [7], cls_token=1, sep_token=2, pad_token=0, length=8)
    >>> pair.tokens.tolist(), pair.segments.tolist()
    ([1, 5, 6, 2, 7, 2, 0, 0], [0, 0, 0, 0, 1, 1, 0, 0])
    >>> pair.positions.tolist(), pair.present.sum().item()
    ([0, 1, 2, 3, 4, 5, 6, 7], 6)
    """
    if length < 5:
        raise ValueError(f"length is {length}: [CLS] a [SEP] b [SEP] needs at least 5")
    first, second = truncate_pair(first, second, room=length - 3)
    tokens = [cls_token, *first, sep_token, *second, sep_token]
    segments = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    padding = length - len(tokens)
    return PairInput(
        tokens=torch.tensor(tokens + [pad_token] * padding),
        segments=torch.tensor(segments + [0] * padding),
        positions=torch.arange(length),
        present=torch.arange(length) < len(tokens),
    )
