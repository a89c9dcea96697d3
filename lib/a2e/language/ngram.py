"""Kneser-Ney: the count model that every neural language model of this course is judged against.

An n-gram model predicts a token from the ``order - 1`` tokens before it, by counting. The trouble is what was
never counted. Kneser and Ney (1995) subtract a discount from every count and give what they took to the
lower order, where a token counts by the number of *different* tokens it was seen after, not by how often.
This is the interpolated form with three discounts of Chen and Goodman (1999), "modified Kneser-Ney".

>>> model = KneserNey(order=2, vocab_size=3).fit([0, 1, 0, 2, 0, 1])
>>> model.distribution([0]).round(3).tolist()           # after 0 came 1 twice and 2 once
[0.208, 0.479, 0.312]
>>> round(model.bits_per_token([0, 1, 0, 2]), 3)
1.125
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Integer
from numpy.typing import NDArray

from a2e.shapes import Count, check_ids, checked, refuse, shown

Tokens = Any
"""Bytes, or a flat sequence or array of integers: each method looks at all of it, at an array's speed."""
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Level(NamedTuple):
    """The n-grams of one length, each coded as ``id of its first n-1 tokens * vocab_size + last token``."""

    codes: Integers  # (grams,), sorted; an n-gram's id is its place here
    discounted: Floats  # (grams,), the discounted probability: (count - discount) / count of its context
    backoff: Floats  # (contexts,), the backoff weight: what each context leaves to the lower order


class KneserNey:
    """An interpolated modified Kneser-Ney model over the integer tokens ``0 ... vocab_size - 1``.

    The default vocabulary is the 256 bytes; ``fit`` and the rest take ``bytes`` or flat lists of integers.
    Below the single token lies the uniform distribution, so every token has a positive probability.

    >>> KneserNey(order=6).fit("the cat sat on the mat; ".encode() * 9).probability(b"the c", ord("a")) > 0.5
    True
    """

    @checked
    def __init__(self, order: Count, vocab_size: Count = 256) -> None:
        """Prepare a model of n-grams up to length ``order``; 1 counts single tokens and reads no context."""
        self.order = order
        self.vocab_size = vocab_size
        self.levels: list[Level] = []
        self.discounts: list[Floats] = []

    def fit(self, tokens: Tokens) -> "KneserNey":
        """Count the n-grams of one long sequence, lengths 1 to ``order``, and return the model itself.

        Seconds for a few megabytes: every length is one sort.
        """
        sequence = self._integers("tokens", tokens)
        if len(sequence) < self.order:
            raise ValueError(f"tokens is {len(sequence)} long: give at least order={self.order}")
        if (len(sequence) + 1) * self.vocab_size >= 2**63:
            raise ValueError(f"vocab_size is {self.vocab_size}: give one whose n-grams fit into 64 bits")
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
        fitted: list[tuple[Level, Floats]] = []
        for length in range(self.order, 0, -1):  # raw counts at the top, different left neighbours below
            fitted.insert(0, _discounted(codes[length - 1], counts, self.vocab_size))
            if length > 1:
                counts = np.bincount(parents[length - 1], minlength=len(codes[length - 2]))
        self.levels, self.discounts = map(list, zip(*fitted, strict=True))
        return self

    def probabilities(self, tokens: Tokens) -> Floats:
        """Return the probability of every token of a sequence given those before it, (time,).

        The first ``order - 1`` tokens have only shorter contexts to go by.
        """
        sequence = self._integers("tokens", tokens)
        probability = np.full(len(sequence), 1 / self.vocab_size)
        ids = np.zeros(len(sequence), np.int64)  # id of the context, -1 where it was never seen
        for length, level in enumerate(self._fitted(), start=1):
            context = ids[: max(len(sequence) - length + 1, 0)]
            ids = self._find(level, context, sequence[length - 1 :])
            probability[length - 1 :] = _interpolate(level, ids, context, probability[length - 1 :])
        return probability

    def distribution(self, context: Tokens) -> Floats:
        """Return the probabilities of all next tokens after a context of any length, (vocab_size,).

        They sum to one.
        """
        recent = self._integers("context", context)
        recent = recent[max(len(recent) - self.order + 1, 0) :]
        candidates = np.arange(self.vocab_size)
        probability = np.full(self.vocab_size, 1 / self.vocab_size)
        for length, level in enumerate(self._fitted()[: len(recent) + 1], start=1):
            last = np.zeros(1, np.int64)
            for below, token in zip(self.levels, recent[len(recent) - length + 1 :], strict=False):
                last = self._find(below, last, np.array([token]))
            ids = self._find(level, last.repeat(self.vocab_size), candidates)
            probability = _interpolate(level, ids, last, probability)
        return probability

    @checked
    def probability(self, context: Tokens, token: int) -> float:
        """Return how likely ``token`` is to follow ``context``, whose last ``order - 1`` tokens matter."""
        return float(self.distribution(context)[self._integers("token", [token])[0]])

    def bits_per_token(self, tokens: Tokens) -> float:
        """Return the mean of ``-log2 p`` over a sequence; over bytes this is bits per byte."""
        probabilities = self.probabilities(tokens)
        if not len(probabilities):
            raise ValueError(f"tokens is {shown(tokens)}: give at least 1, for the mean of none has no value")
        return float(-np.log2(probabilities).mean())

    def _integers(self, name: str, tokens: Tokens) -> Integers:
        """Return bytes or integers as an int64 array. Raise ``ValueError`` for what is no token."""
        try:
            sequence = np.frombuffer(tokens, np.uint8) if isinstance(tokens, bytes) else np.asarray(tokens)
        except ValueError:  # lists of different lengths are no array
            sequence = np.asarray(None)
        if sequence.ndim != 1 or (len(sequence) and sequence.dtype.kind not in "iu"):
            raise ValueError(f"{name} is {shown(tokens)}: give bytes or a flat list of integers")
        if len(sequence) and not 0 <= sequence.min() <= sequence.max() < self.vocab_size:
            check_ids(self.vocab_size, **{name: sequence.tolist()})
        return sequence.astype(np.int64)

    def _fitted(self) -> list[Level]:
        """Return the levels, shortest first, once there are any."""
        if not self.levels:
            raise ValueError(f"levels is []: call fit(tokens) of this {type(self).__name__} first")
        return self.levels

    def _find(self, level: Level, context: Integers, token: Integers) -> Integers:
        """Look up the ids of the n-grams (context, token), -1 where one or its context was never seen."""
        code = context * self.vocab_size + token
        place = np.searchsorted(level.codes, code).clip(max=len(level.codes) - 1)
        return np.where((context >= 0) & (level.codes[place] == code), place, -1)


def _discounted(codes: Integers, counts: Integers, vocab_size: int) -> tuple[Level, Floats]:
    """Return one length's n-grams with what each context leaves to the lower order, and the discounts."""
    discount = discounts(counts)
    removed = discount[np.minimum(counts, 3)]
    context = codes // vocab_size
    total = np.bincount(context, counts)
    backoff = np.divide(np.bincount(context, removed), total, out=np.ones(len(total)), where=total > 0)
    discounted = np.divide(counts - removed, total[context], out=np.zeros(len(counts)), where=counts > 0)
    return Level(codes, discounted, backoff), discount[1:]


def _interpolate(level: Level, ids: Integers, context: Integers, lower: Floats) -> Floats:
    """Return ``discounted(gram) + backoff(context) * lower``; an unseen context passes ``lower`` on."""
    # A context can be the text's very last tokens: seen as an n-gram, never as a context.
    known = (context >= 0) & (context < len(level.backoff))
    backoff = np.where(known, level.backoff[np.where(known, context, 0)], 1.0)
    return np.where(ids >= 0, level.discounted[ids], 0.0) + backoff * lower


@checked
def discounts(counts: Integer[np.ndarray, " grams"]) -> Floats:
    """Return what to take from counts of 0, 1, 2, and 3 or more (Chen and Goodman 1999, modified Kneser-Ney).

    The formula estimates them from how many n-grams have the count 1, 2, 3 and 4. A text can be too small for
    it: undefined, where nothing is counted once, twice or three times; negative; or keeping less of a larger
    count than of a smaller one, as of a 3 where nothing has a 4. Then half the count is taken, 1.5 at most.

    >>> discounts(np.repeat([1, 2, 3, 4], [8, 4, 3, 3])).tolist()
    [0.0, 0.5, 0.875, 1.0]
    """
    refuse(
        bool((counts < 0).any()), f"counts is {counts.min(initial=0)} somewhere: give counts of at least 0"
    )
    n1, n2, n3, n4 = (int((counts == k).sum()) for k in (1, 2, 3, 4))
    if min(n1, n2, n3) > 0:
        y = n1 / (n1 + 2 * n2)
        discount = np.array([0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
        kept = np.arange(1, 4) - discount[1:]
        if (discount[1:] > 0).all() and (np.diff(kept) >= 0).all():
            return discount
    return np.array([0.0, 0.5, 1.0, 1.5])
