import math
import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from a2e.language import ngram
from a2e.language.corpora import join, split_articles, wikipedia
from a2e.language.ngram import KneserNey
from hypothesis import given, settings
from hypothesis import strategies as st

SENTENCES = b"the cat sat on the mat. the dog sat on the log. a cat and a dog sat; the mat and the log lay. "
TEXT = SENTENCES * 3 + bytes((7 * i * i + i // 3) % 11 + 97 for i in range(300))


def counts_of(tokens: list[int], order: int) -> dict[int, Counter]:
    """Return what each length counts: n-grams at the top, different left neighbours below."""
    grams = {
        n: Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)) for n in range(1, order + 1)
    }
    return {n: Counter(gram[1:] for gram in grams[n + 1]) for n in range(1, order)} | {order: grams[order]}


def estimated(counts: Counter) -> list[Fraction]:
    """Return Chen and Goodman's D1, D2, D3+ as printed; ZeroDivisionError where they have none."""
    n1, n2, n3, n4 = (sum(c == k for c in counts.values()) for k in (1, 2, 3, 4))
    y = Fraction(n1, n1 + 2 * n2)
    return [1 - 2 * y * Fraction(n2, n1), 2 - 3 * y * Fraction(n3, n2), 3 - 4 * y * Fraction(n4, n3)]


def brute_force(tokens: list[int], vocab: int, order: int, history: tuple[int, ...], word: int) -> Fraction:
    """Return Chen and Goodman's interpolated probability in exact fractions, by their recursion."""
    counts = counts_of(tokens, order)

    def p(history: tuple[int, ...]) -> Fraction:
        n = len(history) + 1
        below = p(history[1:]) if history else Fraction(1, vocab)
        seen = {gram[-1]: c for gram, c in counts[n].items() if gram[:-1] == history}
        if not seen:
            return below
        taken = {w: estimated(counts[n])[min(c, 3) - 1] for w, c in seen.items()}
        kept = seen.get(word, 0) - taken.get(word, 0)
        return (kept + sum(taken.values()) * below) / sum(seen.values())

    return p(history[max(len(history) - order + 1, 0) :])


@pytest.mark.parametrize("order", [1, 2, 3])
def test_oracle_probability_matches_exact_fractions(order):
    draw = random.Random(49)
    tokens = draw.choices(range(40), weights=[1 / (k + 1) for k in range(40)], k=400)
    for n, counts in counts_of(tokens, order).items():
        taken = estimated(counts)
        kept = [k + 1 - d for k, d in enumerate(taken)]
        assert min(taken) > 0 and 0 < kept[0] < kept[1] < kept[2], f"no estimate to test at length {n}"
    model = KneserNey(order, vocab_size=41).fit(tokens)
    for context in ((), (3,), (40,), (1, 2), (40, 2), tuple(tokens[-3:]), tuple(tokens[40:46]), (0,) * 5):
        expected = [float(brute_force(tokens, 41, order, context, word)) for word in range(41)]
        assert model.distribution(context) == pytest.approx(expected, rel=1e-12)


def test_oracle_order_one_closed_form():
    # Counts 4, 2, 1 of 7; count-of-count n3 = 0, so half the count is taken, at most 1.5: 1.5 + 1 + 0.5 = 3.
    model = KneserNey(1, vocab_size=4).fit([0, 0, 0, 0, 1, 1, 2])
    floor = 3 / 7 / 4
    assert model.distribution([]) == pytest.approx([2.5 / 7 + floor, 1 / 7 + floor, 0.5 / 7 + floor, floor])


def test_oracle_order_two_by_hand():
    # After 0 came 1 twice and 2 once: discounts 1 and 0.5.
    # Left neighbours below: 0 has {1, 2}, 1 has {0}, 2 has {0}.
    model = KneserNey(2, vocab_size=3).fit([0, 1, 0, 2, 0, 1])
    single = [1 / 4 + 2 / 4 / 3, 0.5 / 4 + 2 / 4 / 3, 0.5 / 4 + 2 / 4 / 3]
    expected = [0.5 * single[0], 1 / 3 + 0.5 * single[1], 0.5 / 3 + 0.5 * single[2]]
    assert model.distribution([0]) == pytest.approx(expected)


def test_oracle_discounts_of_chen_and_goodman():
    # eight tokens seen once, four twice, three three times, three four times: Y = 8 / (8 + 2 * 4) = 1/2
    counts = [1] * 8 + [2] * 4 + [3] * 3 + [4] * 3
    tokens = [token for token, count in enumerate(counts) for _ in range(count)]
    wanted = [1 - 2 / 2 * 4 / 8, 2 - 3 / 2 * 3 / 4, 3 - 4 / 2 * 3 / 3]
    assert KneserNey(1, 18).fit(tokens).discounts[0] == pytest.approx(wanted)


def with_counts(*times: int) -> list[int]:
    """Return a text of ``times[0]`` tokens seen once, ``times[1]`` seen twice, and so on."""
    counts = [k for k, n in enumerate(times, start=1) for _ in range(n)]
    return [token for token, count in enumerate(counts) for _ in range(count)]


TOO_SMALL = {
    "nothing four times": with_counts(5, 2, 1),
    "nothing three times": with_counts(2, 1, 0, 1),
    "nothing once": with_counts(0, 2, 2, 2),
    "less of a 2 than of a 1": with_counts(3, 3, 1, 1),
    "less of a 3 than of a 2": with_counts(4, 2, 2, 1),
    "a discount below zero": with_counts(4, 2, 3, 8),
}


@pytest.mark.parametrize("tokens", TOO_SMALL.values(), ids=TOO_SMALL)
def test_edge_a_token_seen_more_often_is_more_probable_in_a_text_too_small_for_the_estimate(tokens):
    probability = KneserNey(1, vocab_size=20).fit(tokens).distribution([])
    assert probability.min() > 0
    times = [tokens.count(token) for token in range(20)]
    for one in range(20):
        for other in range(20):
            if times[one] > times[other]:
                assert probability[one] > probability[other]


@given(
    tokens=st.lists(st.sampled_from([0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5]), min_size=5, max_size=120),
    order=st.integers(1, 3),
    data=st.data(),
)
@settings(deadline=None, max_examples=300)
def test_property_a_context_keeps_something_of_each_count_and_never_less_of_a_larger_one(tokens, order, data):
    model, never = KneserNey(order, vocab_size=7).fit(tokens), 6
    start = data.draw(st.integers(0, len(tokens) - order))
    context = tokens[start : start + order - 1]
    whole = model.distribution(context)
    below = model.distribution(context[1:]) if context else np.full(7, 1 / 7)
    kept = whole - whole[never] / below[never] * below  # what the lower order does not give
    grams = Counter(tuple(tokens[i : i + order]) for i in range(len(tokens) - order + 1))
    counts = [grams[(*context, token)] for token in range(7)]
    for one in range(7):
        assert (kept[one] > 1e-9) == (counts[one] > 0)
        for other in range(7):
            if counts[one] >= counts[other]:
                assert kept[one] >= kept[other] - 1e-12


def test_equivalence_sequence_scores_equal_single_probabilities():
    model = KneserNey(4).fit(TEXT)
    text = b"the dog lay on the zoo \xff."
    single = [model.probability(text[:i], text[i]) for i in range(len(text))]
    assert model.probabilities(text) == pytest.approx(single, rel=1e-12)
    assert model.bits_per_token(text) == pytest.approx(-np.log2(single).mean())


def test_equivalence_bytes_list_and_array_are_one():
    models = [KneserNey(3).fit(kind(TEXT)) for kind in (bytes, list, lambda t: np.frombuffer(t, np.uint8))]
    assert len({model.bits_per_token(b"the log and the cat") for model in models}) == 1


@given(
    tokens=st.lists(st.integers(0, 4), min_size=5, max_size=60),
    context=st.lists(st.integers(0, 5), max_size=7),
    order=st.integers(1, 5),
)
@settings(deadline=None, max_examples=150)
def test_property_sums_to_one_and_is_positive(tokens, context, order):
    distribution = KneserNey(order, vocab_size=6).fit(tokens).distribution(context)
    assert distribution.sum() == pytest.approx(1, abs=1e-12)
    assert distribution.min() > 0


def test_property_sums_to_one_over_bytes():
    model = KneserNey(6).fit(TEXT)
    for context in (b"", b"the c", b"zzzzzzz", TEXT[-5:], TEXT):
        assert model.distribution(context).sum() == pytest.approx(1, abs=1e-12)


def test_property_lower_orders_count_neighbours_not_occurrences():
    # "francisco" (1) is the most frequent token and follows only "san" (0): elsewhere it is rare.
    tokens = [0, 1] * 6 + [2, 3, 4, 3, 5, 3]
    model = KneserNey(2, vocab_size=7).fit(tokens)
    assert model.probability([6], 1) < model.probability([6], 3)
    assert model.probability([0], 1) > 0.6


def test_property_higher_order_helps_on_regular_text():
    held_out = b"the dog sat on the mat and a cat sat on the log. "
    bits = [KneserNey(order).fit(TEXT).bits_per_token(held_out) for order in (1, 2, 3, 5)]
    assert bits == sorted(bits, reverse=True) and bits[-1] < bits[0] / 2


def test_property_higher_order_helps_on_held_out_wikipedia():
    train, validation = split_articles(wikipedia())
    read, held_out = join(train).encode()[:500_000], join(validation).encode()[:50_000]
    bits = [KneserNey(order).fit(read).bits_per_token(held_out) for order in (1, 2, 3, 5)]
    assert bits == sorted(bits, reverse=True)
    assert bits[0] < 5 and bits[-1] < 2.8


def test_edge_unseen_byte_costs_finitely_much():
    bits = KneserNey(3).fit(b"aaaabbbbaaaa").bits_per_token(b"\x00")
    assert 8 < bits < 20


def test_edge_vocabulary_of_one_is_certain():
    assert KneserNey(3, vocab_size=1).fit([0, 0, 0, 0]).bits_per_token([0, 0]) == pytest.approx(0)


def test_edge_shortest_text():
    model = KneserNey(2, vocab_size=2).fit([0, 1])
    assert model.distribution([1]) == pytest.approx(model.distribution([]))
    assert math.isclose(model.distribution([0]).sum(), 1)


def test_edge_scoring_less_than_the_order():
    assert KneserNey(6).fit(TEXT).probabilities(b"th").shape == (2,)
    assert KneserNey(6).fit(TEXT).probabilities(b"").shape == (0,)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: KneserNey(0), "order is 0: give a whole number of at least 1"),
        (lambda: KneserNey(math.inf), "order is inf: give a whole number"),  # type: ignore[arg-type]
        (lambda: KneserNey(2, math.nan), "vocab_size is nan: give a whole number"),  # type: ignore[arg-type]
        (lambda: KneserNey(2, vocab_size=0), "vocab_size is 0: give"),
        (lambda: KneserNey(2, vocab_size=2**62).fit([0, 1]), "vocab_size is 4611686018427387904: give one"),
        (lambda: KneserNey(3).fit(b"ab"), "tokens is 2 long: give at least order=3"),
        (lambda: KneserNey(2).fit([1, 300]), "tokens is from 1 to 300: give ids from 0 to 255"),
        (lambda: KneserNey(2).fit([-1, 3]), "tokens is from -1 to 3: give ids from 0"),
        (lambda: KneserNey(1).fit(np.array([0.5, 1.5])), "tokens is a float64 array .*: give bytes"),
        (lambda: KneserNey(1).fit(np.array([[1, 2]])), r"tokens is an int64 array of shape \(1, 2\): give"),
        (lambda: KneserNey(1).fit([[1], [2, 3]]), r"tokens is \[\[1\], \[2, 3\]\]: give bytes or a flat"),
        (lambda: KneserNey(1).fit("abc"), "tokens is 'abc': give bytes or a flat list"),
        (lambda: KneserNey(1).fit([True, False]), r"tokens is \[True, False\]: give bytes or a flat list"),
        (lambda: KneserNey(1).fit(None), "tokens is None: give bytes or a flat list"),
        (lambda: KneserNey(2).probability(b"a", 1), r"levels is \[\]: call fit"),
        (lambda: KneserNey(2).fit(b"abab").distribution(None), "context is None: give bytes or a flat list"),
        (lambda: KneserNey(2).fit(b"abab").probability(b"a", 256), "token is 256: give ids"),
        (lambda: KneserNey(2).fit(b"abab").probability(b"a", None), "token is None: give a whole number"),  # type: ignore[arg-type]
        (lambda: KneserNey(2).fit(b"abab").bits_per_token(b""), "tokens is b'': give at least 1"),
    ],
)
def test_edge_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("call", [1, 2, 3])
def test_edge_a_fit_that_is_interrupted_leaves_the_model_as_it_was(monkeypatch, call):
    fresh, fitted, calls = KneserNey(3), KneserNey(3).fit(SENTENCES), []
    before = fitted.bits_per_token(b"the cat")

    def interrupted(counts):
        calls.append(counts)
        if len(calls) == call:
            raise KeyboardInterrupt
        return discounts(counts)

    discounts = ngram.discounts
    monkeypatch.setattr(ngram, "discounts", interrupted)
    for model in (fresh, fitted):
        calls.clear()
        with pytest.raises(KeyboardInterrupt):
            model.fit(TEXT)
    assert fitted.bits_per_token(b"the cat") == before and len(fitted.discounts) == 3
    with pytest.raises(ValueError, match=r"levels is \[\]: call fit"):
        fresh.distribution(b"")
