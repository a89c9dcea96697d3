"""Calls of the part language."""

from tests.repository.bad_inputs.kinds import Arguments, Right

IDS: Arguments = {"tokens": ("[0, 1, 2, 0]", "sequence of ids")}

CALLS: dict[str, Arguments] = {
    "language.corpora.Article": {"title": ("'a'", "text"), "text": ("'b'", "text")},
    "language.corpora.clean": {"markup": ("'a'", "text")},
    "language.corpora.wikipedia": {"minimum_characters": ("1000", "natural")},
    "language.corpora.split_articles": {"articles": ("articles", "articles"), "validation": ("1", "count")},
    "language.corpora.join": {"articles": ("articles", "articles")},
    "language.ngram.KneserNey": {"order": ("2", "count"), "vocab_size": ("3", "count")},
    "language.ngram.KneserNey.fit": {"self": ("KneserNey(2, 3)", ""), **IDS},
    "language.ngram.KneserNey.probabilities": {"self": ("counts", ""), **IDS},
    "language.ngram.KneserNey.distribution": {"self": ("counts", ""), "context": ("[0]", "sequence of ids")},
    "language.ngram.KneserNey.probability": {
        "self": ("counts", ""), "context": ("[0]", "sequence of ids"), "token": ("1", "integer"),
    },
    "language.ngram.KneserNey.bits_per_token": {"self": ("counts", ""), **IDS},
    "language.ngram.discounts": {"counts": ("np.array([1, 2])", "counts")},
    "language.tokenizers.TextTokenizer": {"inner": ("letters.inner", "object")},
    "language.tokenizers.TextTokenizer.encode": {"self": ("letters", ""), "text": ("'a'", "text")},
    "language.tokenizers.TextTokenizer.decode": {"self": ("letters", ""), "ids": ("[256]", "list of ids")},
    "language.tokenizers.TextTokenizer.tokens": {"self": ("letters", ""), "text": ("'a'", "text")},
    "language.tokenizers.TextTokenizer.id": {"self": ("letters", ""), "token": ("'a'", "full text")},
    "language.tokenizers.TextTokenizer.save": {"self": ("letters", ""), "path": ("folder / 'a.json'",
        "path")},
    "language.tokenizers.character_tokenizer": {
        "text": ("'abc'", "full text"), "minimum_count": ("1", "count"), "special_tokens": ("['[A]']",
            "specials"),
    },
    "language.tokenizers.byte_level_bpe": {
        "texts": ("['low lower']", "texts"), "vocab_size": ("260", "count"),
        "special_tokens": ("['[A]']", "specials"),
    },
}  # fmt: skip

RIGHT: Right = {
    ("language.tokenizers.TextTokenizer.decode", "ids"): {"torch.tensor([1])": "'\\x01'"},
    ("language.tokenizers.character_tokenizer", "text"): {"'  '": "made", "'\\n\\t'": "made"},
}

UNVARIED: dict[str, str] = {
    "language.ngram.Level": "what fit keeps",
}
