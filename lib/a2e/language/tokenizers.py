"""Text to token ids and back, by the `tokenizers` library: characters, or byte-level BPE.

Both can encode any Unicode string and give it back unchanged, so bits per byte always exist.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))


class TextTokenizer:
    """A `tokenizers.Tokenizer` with the three things the course needs: encode, decode, vocab_size."""

    def __init__(self, inner: tokenizers.Tokenizer) -> None:
        self.inner = inner

    @property
    def vocab_size(self) -> int:
        """Number of token ids, special tokens included."""
        return int(self.inner.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """The token ids of ``text``; an empty text has none."""
        return list(self.inner.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a flat list of token ids; bytes that form no character become U+FFFD."""
        ids = list(ids)
        for token in ids:
            if not isinstance(token, int):
                raise ValueError(f"ids holds {token!r}, not an integer: decode one flat list at a time")
            if not 0 <= token < self.vocab_size:
                raise ValueError(f"ids holds {token}, and the vocabulary ends at {self.vocab_size - 1}")
        return str(self.inner.decode(ids, skip_special_tokens=False))

    def tokens(self, text: str) -> list[str]:
        """The pieces of ``text`` as the vocabulary writes them."""
        return list(self.inner.encode(text, add_special_tokens=False).tokens)

    def id(self, token: str) -> int:
        """The id of one vocabulary entry, such as ``"[MASK]"``."""
        found = self.inner.token_to_id(token)
        if found is None:
            raise ValueError(f"token={token!r} is not in the vocabulary of {self.vocab_size}")
        return int(found)

    def save(self, path: Path) -> None:
        """Write ``tokenizer.json``, which `tokenizers` and `transformers` read."""
        self.inner.save(str(path))


def character_tokenizer(text: str, minimum_count: int = 1) -> TextTokenizer:
    """One id for each character seen ``minimum_count`` times in ``text``; any other falls back to bytes.

    The first 256 ids are the bytes, the rest the characters in code-point order.

    >>> tokenizer = character_tokenizer("abc")
    >>> tokenizer.encode("cab"), tokenizer.encode("é")
    ([258, 256, 257], [195, 169])
    """
    if not text:
        raise ValueError("text='' has no characters to make a vocabulary of: give a text")
    if not minimum_count >= 1:
        raise ValueError(f"minimum_count={minimum_count} must be at least 1")
    counts = Counter(text)
    characters = sorted(character for character, count in counts.items() if count >= minimum_count)
    vocabulary = {token: i for i, token in enumerate([*BYTES, *characters])}
    inner = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=[], byte_fallback=True))
    inner.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    return TextTokenizer(inner)


def byte_level_bpe(
    texts: Iterable[str], vocab_size: int, special_tokens: Sequence[str] = ()
) -> TextTokenizer:
    """Byte-level BPE (Radford et al. 2019) learned from ``texts``: 256 bytes, then the commonest merges.

    >>> tokenizer = byte_level_bpe(["low lower lowest"] * 9, vocab_size=260)
    >>> tokenizer.tokens("low lower"), tokenizer.decode(tokenizer.encode("日本 ok"))
    (['low', 'Ġlowe', 'r'], '日本 ok')
    """
    if isinstance(texts, str):
        raise ValueError(f"texts={texts[:20]!r} is one string: give a list of texts, such as [text]")
    smallest = 256 + len(special_tokens)
    if vocab_size < smallest:
        raise ValueError(
            f"vocab_size={vocab_size} cannot hold the 256 bytes and {len(special_tokens)} special tokens: "
            f"take at least {smallest}"
        )
    texts = list(texts)
    if not any(texts):
        raise ValueError("texts holds no characters to learn merges from: give at least one text")
    inner = tokenizers.Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(special_tokens),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    inner.train_from_iterator(texts, trainer)
    return TextTokenizer(inner)
