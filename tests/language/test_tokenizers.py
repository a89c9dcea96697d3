import pytest
from a2e.language.tokenizers import byte_level_bpe, character_tokenizer
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


def test_oracle_bpe_learns_the_commonest_pairs():
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


def test_property_a_larger_vocabulary_gives_fewer_tokens():
    small, large = (byte_level_bpe([TEXT], size) for size in (260, 300))
    assert len(large.encode(TEXT)) < len(small.encode(TEXT)) < len(TEXT.encode())


def test_property_special_tokens_have_ids_of_their_own(tmp_path):
    tokenizer = byte_level_bpe([TEXT], 300, special_tokens=["[MASK]", "[PAD]"])
    assert tokenizer.decode([tokenizer.id("[MASK]"), *tokenizer.encode("cat")]) == "[MASK]cat"
    tokenizer.save(tmp_path / "tokenizer.json")
    from tokenizers import Tokenizer

    assert Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode("cat").ids == tokenizer.encode("cat")


def test_edge_empty_text_has_no_tokens():
    for tokenizer in TOKENIZERS:
        assert tokenizer.encode("") == [] and tokenizer.decode([]) == ""


def test_edge_bad_input_is_refused():
    tokenizer = TOKENIZERS[1]
    with pytest.raises(ValueError, match="text='' has no characters"):
        character_tokenizer("")
    with pytest.raises(ValueError, match="minimum_count=0 must be at least 1"):
        character_tokenizer("abc", minimum_count=0)
    with pytest.raises(ValueError, match=r"texts='The cat .* is one string: give a list of texts"):
        byte_level_bpe(TEXT, 300)
    with pytest.raises(ValueError, match="texts holds no characters"):
        byte_level_bpe(["", ""], 300)
    with pytest.raises(ValueError, match="vocab_size=100 cannot hold the 256 bytes"):
        byte_level_bpe([TEXT], 100)
    with pytest.raises(ValueError, match="decode one flat list at a time"):
        tokenizer.decode([[1, 2]])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="ids holds 999, and the vocabulary ends at"):
        tokenizer.decode([999])
    with pytest.raises(ValueError, match=r"token='\[MASK\]' is not in the vocabulary of"):
        tokenizer.id("[MASK]")
