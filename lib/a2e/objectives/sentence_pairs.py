"""Pairs of sentences: next sentence prediction and BERT's input (Devlin et al. 2019, 3.1 and figure 2)."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from a2e.shapes import Natural, Probability, checked

Sentence = Sequence[Natural]


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


@checked
def next_sentence_pairs(
    documents: Sequence[Sequence[Sentence]], *, generator: torch.Generator, next_share: Probability = 0.5
) -> list[SentencePair]:
    """Return a pair for each sentence that has a successor: the true next one, or one of another document.

    The true successor is used with probability ``next_share``; otherwise another document is drawn, then
    one of its sentences, both uniformly. Raise ``ValueError`` for fewer than two documents that have a
    sentence, where no document has two, and for a sentence without a token.

    >>> pairs = next_sentence_pairs([[[1], [2], [3]], [[7], [8]]], generator=torch.Generator().manual_seed(0))
    >>> [(pair.first, pair.second, pair.is_next) for pair in pairs]
    [([1], [2], True), ([2], [7], False), ([7], [8], True)]
    """
    documents = [document for document in documents if len(document)]
    if len(documents) < 2 or all(len(document) < 2 for document in documents):
        most = max(map(len, documents), default=0)
        raise ValueError(
            f"documents is {len(documents)} with a sentence, of at most {most} sentences: "
            "give two or more, and two sentences in one of them"
        )
    if not all(sentence for document in documents for sentence in document):
        raise ValueError("documents is with a sentence of no token: leave that out")

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


@checked
def truncate_pair(first: Sentence, second: Sentence, room: Natural) -> tuple[Sentence, Sentence]:
    """Return the two cut from the end to at most ``room`` tokens in all: always the longer one, then both.

    The rule is ``_truncate_seq_pair`` of BERT's ``run_classifier.py``: where both are cut and ``room`` is
    odd, the first keeps one token more. (The `tokenizers` library leaves it to the one that was longer.)

    >>> truncate_pair([1, 2], [3, 4, 5, 6, 7], room=5)
    ([1, 2], [3, 4, 5])
    >>> truncate_pair([1, 2, 3, 4], [5, 6, 7, 8], room=5)
    ([1, 2, 3], [5, 6])
    """
    half = room - room // 2  # of an odd room the larger one
    kept = min(len(first), max(half, room - len(second)))
    return first[:kept], second[: room - kept]


@checked
def pack_pair(
    first: Sentence,
    second: Sentence,
    *,
    cls_token: Natural,
    sep_token: Natural,
    pad_token: Natural,
    length: Natural,
) -> PairInput:
    """Return BERT's three-part input for two sentences, cut and padded to ``length`` places.

    Raise ``ValueError`` if ``length`` has no room for [CLS], two [SEP] and a token of each sentence. An empty
    sentence is packed as one, with nothing before its [SEP], as BERT's tokenizers do.

    >>> pair = pack_pair([5, 6], [7], cls_token=1, sep_token=2, pad_token=0, length=8)
    >>> pair.tokens.tolist(), pair.segments.tolist()
    ([1, 5, 6, 2, 7, 2, 0, 0], [0, 0, 0, 0, 1, 1, 0, 0])
    >>> pair.positions.tolist(), pair.present.sum().item()
    ([0, 1, 2, 3, 4, 5, 6, 7], 6)
    """
    if length < 5:
        raise ValueError(f"length is {length}: give at least 5, for [CLS] a [SEP] b [SEP]")
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
