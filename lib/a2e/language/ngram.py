"""Kneser-Ney: the count model that every neural language model of this course is judged against.

An n-gram model predicts a token from the ``order - 1`` tokens before it, by counting. The trouble is what was
never counted. Kneser and Ney (1995) take a little from every count and spread what they took over shorter
contexts, where a token counts by the number of *different* tokens it was seen after, not by how often. This
is the interpolated form with three discounts of Chen and Goodman (1999), "modified Kneser-Ney".

>>> model = KneserNey(order=2, vocab_size=3).fit([0, 1, 0, 2, 0, 1])
>>> model.distribution([0]).round(3).tolist()           # after 0 came 1 twice and 2 once
[0.208, 0.479, 0.312]
>>> round(model.bits_per_token([0, 1, 0, 2]), 3)
1.125
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Tokens = bytes | Sequence[int] | NDArray[Any]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Level(NamedTuple):
    """The n-grams of one length, each coded as ``id of its first n-1 tokens * vocab_size + last token``."""

    codes: Integers  # (grams,), sorted; an n-gram's id is its place here
    share: Floats  # (grams,), (count - discount) / count of its context
    spread: Floats  # (contexts,), what each context leaves to the next shorter one


class KneserNey:
    """An interpolated modified Kneser-Ney model over the integer tokens ``0 ... vocab_size - 1``.

    The default vocabulary is the 256 bytes; ``fit`` and the rest take ``bytes`` or sequences of integers.
    Below the single token lies the uniform distribution, so every token has a positive probability.

    >>> KneserNey(order=6).fit("the cat sat on the mat; ".encode() * 9).probability(b"the c", ord("a")) > 0.5
    True
    """

    def __init__(self, order: int, vocab_size: int = 256) -> None:
        """Prepare a model of n-grams up to length ``order``; 1 counts single tokens and reads no context."""
        if order < 1:
            raise ValueError(f"order is {order}; it must be at least 1, and 6 is usual for bytes")
        if vocab_size < 1:
            raise ValueError(f"vocab_size is {vocab_size}; it must be at least 1")
        self.order = order
        self.vocab_size = vocab_size
        self.levels: list[Level] = []
        self.discounts: list[Floats] = []

    def fit(self, tokens: Tokens) -> "KneserNey":
        """Count the n-grams of one long sequence, lengths 1 to ``order``; returns the model itself.

        Seconds for a few megabytes: every length is one sort.
        """
        sequence = self._integers(tokens)
        if len(sequence) < self.order:
            raise ValueError(f"tokens has length {len(sequence)}; it must be {self.order} or more")
        codes: list[Integers] = []
        parents: list[Integers] = []  # for each n-gram, the id of its last n-1 tokens
        counts = np.empty(0, np.int64)
        ids = np.zeros(len(sequence) + 1, np.int64)  # the empty gram before every position
        for length in range(1, self.order + 1):
            code = ids[: len(sequence) - length + 1] * self.vocab_size + sequence[length - 1 :]
            unique, first, inverse, counts = np.unique(
                code, return_index=True, return_inverse=True, return_counts=True
            )
            codes.append(unique)
            parents.append(ids[first + 1])
            ids = inverse
        self.levels, self.discounts = [], []
        for length in range(self.order, 0, -1):  # raw counts at the top, different left neighbours below
            self._add_level(codes[length - 1], counts)
            if length > 1:
                counts = np.bincount(parents[length - 1], minlength=len(codes[length - 2]))
        self.levels.reverse()
        self.discounts.reverse()
        return self

    def probabilities(self, tokens: Tokens) -> Floats:
        """Probability of every token of a sequence given those before it, (time,).

        The first ``order - 1`` tokens have only shorter contexts to go by.
        """
        sequence = self._integers(tokens)
        probability = np.full(len(sequence), 1 / self.vocab_size)
        ids = np.zeros(len(sequence), np.int64)  # id of the context, -1 where it was never seen
        for length, level in enumerate(self._fitted(), start=1):
            context = ids[: max(len(sequence) - length + 1, 0)]
            ids = self._find(level, context, sequence[length - 1 :])
            probability[length - 1 :] = _interpolate(level, ids, context, probability[length - 1 :])
        return probability

    def distribution(self, context: Tokens) -> Floats:
        """Probabilities of all next tokens after a context of any length, (vocab_size,); they sum to one."""
        recent = self._integers(context)[max(len(context) - self.order + 1, 0) :]
        candidates = np.arange(self.vocab_size)
        probability = np.full(self.vocab_size, 1 / self.vocab_size)
        for length, level in enumerate(self._fitted()[: len(recent) + 1], start=1):
            last = np.zeros(1, np.int64)
            for below, token in zip(self.levels, recent[len(recent) - length + 1 :], strict=False):
                last = self._find(below, last, np.array([token]))
            ids = self._find(level, last.repeat(self.vocab_size), candidates)
            probability = _interpolate(level, ids, last, probability)
        return probability

    def probability(self, context: Tokens, token: int) -> float:
        """Probability that ``token`` follows ``context``, of which the last ``order - 1`` tokens matter."""
        if not 0 <= token < self.vocab_size:
            raise ValueError(f"token is {token}; it must be 0 to {self.vocab_size - 1}, as vocab_size says")
        return float(self.distribution(context)[token])

    def bits_per_token(self, tokens: Tokens) -> float:
        """Mean of ``-log2 p`` over a sequence; over bytes this is bits per byte."""
        probabilities = self.probabilities(tokens)
        if not len(probabilities):
            raise ValueError("tokens is empty; a mean needs at least one token")
        return float(-np.log2(probabilities).mean())

    def _integers(self, tokens: Tokens) -> Integers:
        """Turn bytes or integers into an int64 array and refuse what is no token."""
        if isinstance(tokens, bytes):
            tokens = np.frombuffer(tokens, np.uint8)
        sequence = np.asarray(tokens)
        if sequence.ndim != 1 or (len(sequence) and sequence.dtype.kind not in "iu"):
            raise ValueError(
                f"tokens has shape {sequence.shape} and type {sequence.dtype}; "
                "give bytes or a flat list of integers"
            )
        if len(sequence) and not 0 <= sequence.min() <= sequence.max() < self.vocab_size:
            raise ValueError(
                f"tokens holds {sequence.min()} to {sequence.max()}; with vocab_size={self.vocab_size} "
                f"a token is 0 to {self.vocab_size - 1}"
            )
        return sequence.astype(np.int64)

    def _fitted(self) -> list[Level]:
        """Return the levels, shortest first, once there are any."""
        if not self.levels:
            raise ValueError("this model has counted nothing yet; call fit(tokens) first")
        return self.levels

    def _add_level(self, codes: Integers, counts: Integers) -> None:
        """Discount the counts of one length: shares ``(c - D(c)) / c(context)``, and the rest."""
        discount = _discounts(counts)
        removed = discount[np.minimum(counts, 3)]
        context = codes // self.vocab_size
        total = np.bincount(context, counts)
        spread = np.divide(np.bincount(context, removed), total, out=np.ones(len(total)), where=total > 0)
        share = np.divide(counts - removed, total[context], out=np.zeros(len(counts)), where=counts > 0)
        self.levels.append(Level(codes, share, spread))
        self.discounts.append(discount[1:])

    def _find(self, level: Level, context: Integers, token: Integers) -> Integers:
        """Look up the ids of the n-grams (context, token), -1 where one or its context was never seen."""
        code = context * self.vocab_size + token
        place = np.searchsorted(level.codes, code).clip(max=len(level.codes) - 1)
        return np.where((context >= 0) & (level.codes[place] == code), place, -1)


def _interpolate(level: Level, ids: Integers, context: Integers, shorter: Floats) -> Floats:
    """``share(gram) + spread(context) * p(token | shorter)``; an unseen context passes ``shorter`` on."""
    # A context can be the text's very last tokens: seen as an n-gram, never as a context.
    known = (context >= 0) & (context < len(level.spread))
    spread = np.where(known, level.spread[np.where(known, context, 0)], 1.0)
    return np.where(ids >= 0, level.share[ids], 0.0) + spread * shorter


def _discounts(counts: Integers) -> Floats:
    """What to take from counts of 0, 1, 2, and 3 or more (Chen and Goodman 1999, modified Kneser-Ney).

    A text can be too small for the formula: where it is undefined or not positive, half the count is taken,
    1.5 at most.
    """
    n1, n2, n3, n4 = (int((counts == k).sum()) for k in (1, 2, 3, 4))
    default = np.array([0.0, 0.5, 1.0, 1.5])
    if min(n1, n2, n3) == 0:
        return default
    y = n1 / (n1 + 2 * n2)
    discount = np.array([0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    return discount if (discount[1:] > 0).all() else default
