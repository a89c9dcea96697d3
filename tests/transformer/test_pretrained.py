import pytest
import torch
from a2e.transformer import pretrained


@pytest.fixture(scope="module")
def minilm():
    return pretrained.load_minilm()


def test_oracle_minilm_matches_hugging_face(minilm):
    from transformers import BertModel

    encoder, tokenizer = minilm
    theirs = BertModel.from_pretrained(str(pretrained.minilm_folder()), local_files_only=True).eval()
    batch = [tokenizer.encode(text) for text in ("The cat sat on the mat.", "From a dot product to grams")]
    width = max(len(entry.ids) for entry in batch)
    tokens, present = torch.zeros(2, width, dtype=torch.long), torch.zeros(2, width, dtype=torch.bool)
    for row, entry in enumerate(batch):
        tokens[row, : len(entry.ids)] = torch.tensor(entry.ids)
        present[row, : len(entry.ids)] = True
    with torch.no_grad():
        ours = encoder(tokens, present=present)
        expected = theirs(tokens, attention_mask=present.long()).last_hidden_state
    torch.testing.assert_close(ours[present], expected[present], atol=1e-5, rtol=1e-4)


def test_edge_minilms_tokenizer_cuts_no_long_text_and_pads_no_short_one(minilm):
    """Its published settings keep 128 tokens of each text, and fill a shorter one up to as many."""
    encode = minilm[1].encode
    assert [len(encode("cat " * words).ids) for words in (1, 100, 300)] == [3, 102, 302]
    assert encode("cat " * 300).ids[-2] == encode("cat").ids[1]


def test_property_minilm_has_its_published_parameter_count(minilm):
    # 22.7 M with the pooler, which sentence embeddings do not use: 384 * 384 + 384 fewer here
    assert sum(p.numel() for p in minilm[0].parameters()) == 22_713_216 - (384 * 384 + 384)


def test_edge_a_changed_file_is_refused(monkeypatch):
    monkeypatch.setattr(pretrained, "MINILM_SHA256", "0" * 64)
    with pytest.raises(ValueError, match="has sha256 53aa51172d14"):
        pretrained.load_minilm()


def test_edge_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(pretrained, "MINILM_PACKAGE", "no-such-package")
    with pytest.raises(ValueError, match="no-such-package is not installed"):
        pretrained.minilm_folder()
