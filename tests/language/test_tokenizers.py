import subprocess
import sys

import numpy as np
import pytest
import torch
from a2e.language.tokenizers import TextTokenizer, byte_level_bpe, character_tokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = "The cat sat on the mat. Die Kätzin saß auf der Matte.\n" * 20
TOKENIZERS = [character_tokenizer(TEXT), byte_level_bpe([TEXT], vocab_size=300)]
UNICODE = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=["characters", "bpe"])
@settings(max_examples=150, deadline=None)
@given(text=UNICODE)
def test_property_any_unicode_string_comes_back(tokenizer, text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert all(0 <= token < tokenizer.vocab_size for token in ids)


def test_oracle_bytes_are_what_python_encodes():
    tokenizer = character_tokenizer("a")
    assert tokenizer.encode("日é") == list("日é".encode())


def test_oracle_bpe_learns_the_most_frequent_pairs():
    # the worked example of Sennrich et al. 2016: e+s, es+t and l+o are the first merges
    words = "low " * 5 + "lower " * 2 + "newest " * 6 + "widest " * 3
    tokenizer = byte_level_bpe([words], vocab_size=259)
    merged = sorted(tokenizer.inner.get_vocab(), key=tokenizer.id)[256:]
    assert {"es", "est"} <= set(merged)


def test_property_characters_are_single_tokens():
    tokenizer = character_tokenizer(TEXT)
    assert len(tokenizer.encode("Kätzin")) == 6
    assert tokenizer.vocab_size == 256 + len(set(TEXT))


def test_property_rare_characters_fall_back_to_bytes():
    tokenizer = character_tokenizer("aaaß", minimum_count=2)
    assert tokenizer.tokens("aß") == ["a", "<0xC3>", "<0x9F>"]


def test_property_a_character_seen_exactly_the_minimum_count_has_its_id():
    tokenizer = character_tokenizer("aaabb", minimum_count=2)
    assert tokenizer.vocab_size == 256 + 2 and tokenizer.tokens("b") == ["b"]


def test_property_a_larger_vocabulary_gives_fewer_tokens():
    small, large = (byte_level_bpe([TEXT], size) for size in (260, 300))
    assert len(large.encode(TEXT)) < len(small.encode(TEXT)) < len(TEXT.encode())


SPECIAL = ["[MASK]", "[PAD]"]


@pytest.mark.parametrize(
    "tokenizer",
    [byte_level_bpe([TEXT], 300, SPECIAL), character_tokenizer(TEXT, special_tokens=SPECIAL)],
    ids=["bpe", "characters"],
)
def test_property_special_tokens_have_ids_of_their_own(tokenizer, tmp_path):
    assert tokenizer.decode([tokenizer.id("[MASK]"), *tokenizer.encode("cat")]) == "[MASK]cat"
    assert tokenizer.encode("[PAD]") == [tokenizer.id("[PAD]")]
    plain = set(range(tokenizer.vocab_size)) - {tokenizer.id(name) for name in SPECIAL}
    assert set(tokenizer.encode(TEXT)) <= plain and len(plain) == tokenizer.vocab_size - 2
    tokenizer.save(tmp_path / "tokenizer.json")
    from tokenizers import Tokenizer

    again = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert again.encode("cat[MASK]").ids == tokenizer.encode("cat[MASK]")


def test_property_special_tokens_of_characters_come_last():
    tokenizer = character_tokenizer("abc", special_tokens=SPECIAL)
    assert [tokenizer.id(name) for name in SPECIAL] == [259, 260]


def test_property_nothing_is_learned_from_special_tokens_in_the_training_text():
    texts = ["a cat<|end|>", "<|end|>the cat"] * 50
    tokenizer = byte_level_bpe(texts, 300, ["<|end|>"])
    merged = sorted(tokenizer.inner.get_vocab(), key=tokenizer.id)[257:]
    assert merged and not [piece for piece in merged if set(piece) & set("<|>")]
    assert tokenizer.tokens("<|end") == list("<|end")


def test_property_the_longer_of_two_special_tokens_is_cut_out_whole():
    names = ["<|a|>", "<|a|><|b|>"]
    vocabulary = byte_level_bpe(["<|a|><|b|> x"] * 50, 300, names).inner.get_vocab()
    assert {piece for piece in vocabulary if len(piece) > 1} == {*names, "Ġx"}


def test_edge_a_vocabulary_larger_than_the_text_can_fill_ends_where_no_pair_is_left():
    # in a process of its own: where memory for all of it is reserved, Python is aborted
    code = "from a2e.language.tokenizers import byte_level_bpe as b; print(b(['abc abc'], 10**9).vocab_size)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    # "ab", "abc" and " abc" are all that can be merged
    assert (done.returncode, done.stdout) == (0, "259\n")
    assert byte_level_bpe(["abc abc"], 258).vocab_size == 258


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=["characters", "bpe"])
@pytest.mark.parametrize("kind", [list, tuple, iter, np.array, torch.tensor, lambda ids: list(np.array(ids))])
def test_equivalence_ids_of_each_kind_decode_to_one_text(tokenizer, kind):
    assert tokenizer.decode(kind(tokenizer.encode("Die Kätzin"))) == "Die Kätzin"


@pytest.mark.parametrize(
    ("switch", "setting"),
    [
        (lambda inner: inner.enable_truncation(4), "truncation"),
        (lambda inner: inner.enable_padding(length=12), "padding"),
    ],
)
def test_edge_a_tokenizer_that_would_cut_or_pad_a_text_is_refused_whenever_switched_on(switch, setting):
    tokenizer = byte_level_bpe([TEXT], 260)
    switch(tokenizer.inner)
    for call in (
        lambda: TextTokenizer(tokenizer.inner),
        lambda: tokenizer.encode("The cat"),
        lambda: tokenizer.tokens("The cat"),
    ):
        with pytest.raises(
            ValueError, match=rf"inner is a Tokenizer with {setting}: call its no_{setting}\(\)"
        ):
            call()
    getattr(tokenizer.inner, f"no_{setting}")()
    assert tokenizer.decode(TextTokenizer(tokenizer.inner).encode(TEXT)) == TEXT


def test_edge_empty_text_has_no_tokens():
    for tokenizer in TOKENIZERS:
        assert tokenizer.encode("") == [] and tokenizer.decode([]) == ""


BPE = TOKENIZERS[1]
KNOWN = "give one flat list of ids from 0 to 291"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: character_tokenizer(""), "text is '': give at least one character"),
        (lambda: character_tokenizer(None), "text is None: give a text"),  # type: ignore[arg-type]
        (lambda: character_tokenizer(["ab", "cd"]), r"text is \['ab', 'cd'\]: give a text"),  # type: ignore[arg-type]
        (lambda: character_tokenizer("abc", minimum_count=0), "minimum_count is 0: give a whole number"),
        (lambda: byte_level_bpe(TEXT, 300), "texts is 'The cat .*: give a list, each item a text"),
        (lambda: byte_level_bpe([b"a"], 300), r"texts is \[b'a'\]: give a list, each item a text"),  # type: ignore[list-item]
        (lambda: byte_level_bpe(iter(["a", 1]), 300), r"texts is \['a', 1\]: give a list, each item a text"),  # type: ignore[arg-type]
        (lambda: byte_level_bpe(["", ""], 300), "texts is without a character: give at least one text"),
        (lambda: byte_level_bpe([TEXT], 100), "vocab_size is 100: give at least 256"),
        (lambda: byte_level_bpe([TEXT], 257, SPECIAL), "vocab_size is 257: give at least 258"),
        (lambda: byte_level_bpe([TEXT], 300, "[PAD]"), "special_tokens is '.PAD.': give a list, each item"),
        (lambda: BPE.decode([[1, 2]]), rf"ids is \[\[1, 2\]\]: {KNOWN}"),
        (lambda: BPE.decode([True, 256]), rf"ids is \[True, 256\]: {KNOWN}"),
        (lambda: BPE.decode(None), rf"ids is None: {KNOWN}"),
        (lambda: BPE.decode("ab"), rf"ids is 'ab': {KNOWN}"),
        (lambda: BPE.decode(b"ab"), rf"ids is b'ab': {KNOWN}"),
        (lambda: BPE.decode({1: 2}), rf"ids is \{{1: 2\}}: {KNOWN}"),
        (lambda: BPE.decode(5), rf"ids is 5: {KNOWN}"),
        (lambda: BPE.decode(np.array(256)), rf"ids is an int64 array of shape \(\): {KNOWN}"),
        (lambda: BPE.decode(torch.tensor(256)), rf"ids is an int64 tensor of shape \(\): {KNOWN}"),
        (lambda: BPE.decode(np.array([[1, 2]])), rf"ids is an int64 array of shape \(1, 2\): {KNOWN}"),
        (lambda: BPE.decode(torch.tensor([[1, 2]])), rf"ids is an int64 tensor of shape \(1, 2\): {KNOWN}"),
        (lambda: BPE.decode(torch.tensor([1.0])), rf"ids is a float32 tensor of shape \(1,\): {KNOWN}"),
        (lambda: BPE.decode([999]), rf"ids is \[999\]: {KNOWN}"),
        (lambda: BPE.decode([-1]), rf"ids is \[-1\]: {KNOWN}"),
        (lambda: BPE.id("[MASK]"), r"token is '\[MASK\]': give one of the 292 of the vocabulary"),
        (lambda: BPE.encode(None), "text is None: give a text"),  # type: ignore[arg-type]
        (lambda: BPE.save(None), "path is None: give"),  # type: ignore[arg-type]
    ],
)
def test_edge_bad_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize("make", [lambda names: byte_level_bpe([TEXT], 400, names),
                                  lambda names: character_tokenizer(TEXT, special_tokens=names)])  # fmt: skip
@pytest.mark.parametrize("names", [["[PAD]", "[PAD]"], [""], ["a"], ["é"], ["<0x41>"], ["[PAD]", "b"]])
def test_edge_special_tokens_that_are_no_names_of_their_own_are_refused(make, names):
    with pytest.raises(ValueError, match=r"special_tokens is \[.*\]: give different names of two characters"):
        make(names)


@pytest.mark.parametrize("name", ["Ġlow", "Ã©", "[é]"])
def test_edge_a_special_token_spelt_as_other_bytes_is_refused(name):
    """Byte-level BPE writes " low" as "Ġlow": one id would stand for both, and decode to the text's."""
    with pytest.raises(ValueError, match=r"special_tokens is .*: give different names .* spell no bytes"):
        byte_level_bpe(["low low é é"] * 9, 300, [name])


@pytest.mark.parametrize("name", ["<0x4a>", "<0x+a>"])
def test_edge_a_special_token_that_byte_fallback_would_decode_is_refused(name):
    with pytest.raises(ValueError, match=r"special_tokens is .*: give different names .* spell no bytes"):
        character_tokenizer(TEXT, special_tokens=[name])


@pytest.mark.parametrize("make", [lambda names: byte_level_bpe([TEXT], 400, names),
                                  lambda names: character_tokenizer(TEXT, special_tokens=names)])  # fmt: skip
def test_property_special_tokens_come_back_as_they_were_written(make):
    names = ["<end of text>", "→→", "cat", "\n\n"]
    tokenizer = make(names)
    text = "the cat→→<end of text>\n\nsat"
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert [tokenizer.decode([tokenizer.id(name)]) for name in names] == names
    with pytest.raises(ValueError, match=r"special_tokens is .*: leave out"):
        make(["a\ud800"])


def test_edge_a_generator_of_texts_that_calls_the_library_is_checked():
    def texts():
        yield BPE.decode(BPE.encode(None))  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="text is None: give a text"):
        byte_level_bpe(texts(), 300)
