import math
from collections import Counter

import numpy as np
import pytest
from a2e.language.corpora import join, split_articles, wikipedia
from a2e.language.ngram import KneserNey
from hypothesis import given, settings
from hypothesis import strategies as st

SENTENCES = b"the cat sat on the mat. the dog sat on the log. a cat and a dog sat; the mat and the log lay. "
TEXT = SENTENCES * 3 + bytes((7 * i * i + i // 3) % 11 + 97 for i in range(300))


def brute_force(tokens: list[int], vocab: int, order: int, context: list[int], token: int) -> float:
    """Chen and Goodman 1999, straight from the definition: dictionaries, loops and recursion."""
    context = context[max(len(context) - order + 1, 0) :]
    grams = {
        n: Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)) for n in range(1, order + 1)
    }
    counts: dict[int, Counter] = {order: grams[order]}
    for n in range(1, order):
        counts[n] = Counter(gram[1:] for gram in grams[n + 1])

    def discount(n: int, count: int) -> float:
        n1, n2, n3, n4 = (sum(c == k for c in counts[n].values()) for k in (1, 2, 3, 4))
        default = {1: 0.5, 2: 1.0, 3: 1.5}
        if not (n1 and n2 and n3):
            return default[min(count, 3)]
        y = n1 / (n1 + 2 * n2)
        proper = {1: 1 - 2 * y * n2 / n1, 2: 2 - 3 * y * n3 / n2, 3: 3 - 4 * y * n4 / n3}
        return (proper if min(proper.values()) > 0 else default)[min(count, 3)]

    def p(history: tuple[int, ...], word: int) -> float:
        n = len(history) + 1
        below = 1 / vocab if n == 1 else p(history[1:], word)
        seen = {gram: c for gram, c in counts[n].items() if gram[:-1] == history}
        total = sum(seen.values())
        if not total:
            return below
        saved = sum(discount(n, c) for c in seen.values())
        count = seen.get((*history, word), 0)
        return ((count - discount(n, count)) if count else 0) / total + saved / total * below

    return p(tuple(context), token)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_oracle_probability_matches_brute_force(order):
    tokens = [t % 7 for t in TEXT[:250]]
    model = KneserNey(order, vocab_size=8).fit(tokens)
    for context in ([], [3], [7], [1, 2], [7, 2], tokens[-3:], tokens[40:46], [0, 0, 0, 0, 0]):
        for token in range(8):
            expected = brute_force(tokens, 8, order, context, token)
            assert model.probability(context, token) == pytest.approx(expected, rel=1e-12)


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
    # Single tokens: five seen once, two twice, one three times, none four times.
    tokens = [0, 1, 2, 3, 4, 5, 5, 6, 6, 7, 7, 7]
    y = 5 / (5 + 2 * 2)
    assert KneserNey(1, 8).fit(tokens).discounts[0] == pytest.approx(
        [1 - 2 * y * 2 / 5, 2 - 3 * y * 1 / 2, 3.0]
    )


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
        (lambda: KneserNey(0), "order is 0"),
        (lambda: KneserNey(2, vocab_size=0), "vocab_size is 0"),
        (lambda: KneserNey(3).fit(b"ab"), "length 2"),
        (lambda: KneserNey(2).fit([1, 300]), "300"),
        (lambda: KneserNey(2).fit([-1, 3]), "-1"),
        (lambda: KneserNey(1).fit(np.array([0.5, 1.5])), "float64"),
        (lambda: KneserNey(1).fit(np.array([[1, 2]])), "shape"),
        (lambda: KneserNey(2).probability(b"a", 1), "call fit"),
        (lambda: KneserNey(2).fit(b"abab").probability(b"a", 256), "token is 256"),
        (lambda: KneserNey(2).fit(b"abab").bits_per_token(b""), "empty"),
    ],
)
def test_edge_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
