"""Text to token ids and back, by the `tokenizers` library: characters, or byte-level BPE.

Both can encode any Unicode string and give it back unchanged, so bits per byte always exist.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from a2e.shapes import Count, checked, refuse, shown

BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))


class TextTokenizer:
    """A `tokenizers.Tokenizer` with what the course needs: encode, decode, vocab_size.

    A special token stands for itself wherever its name is in a text. ``inner`` must neither cut nor pad.
    """

    @checked
    def __init__(self, inner: tokenizers.Tokenizer) -> None:
        self.inner = inner
        self._encoding("")

    @property
    def vocab_size(self) -> int:
        """Return the number of token ids, special tokens included."""
        return int(self.inner.get_vocab_size())

    @checked
    def encode(self, text: str) -> list[int]:
        """Return the token ids of ``text``; an empty text has none."""
        return list(self._encoding(text).ids)

    @checked
    def decode(self, ids: Any) -> str:
        """Return the text of a flat list, array or tensor of ids; bytes of no character become U+FFFD."""
        flat = ids.tolist() if hasattr(ids, "tolist") else ids  # of an array without an axis a number
        flat = list(flat) if isinstance(flat, Sequence | Iterator) and not isinstance(flat, bytes) else None
        if flat is None or not all(map(self._is_id, flat)):
            raise ValueError(
                f"ids is {shown(ids)}: give one flat list of ids from 0 to {self.vocab_size - 1}"
            )
        return str(self.inner.decode(flat, skip_special_tokens=False))

    def _is_id(self, token: Any) -> bool:
        whole = isinstance(token, Integral) and not isinstance(token, bool)
        return whole and token in range(self.vocab_size)

    @checked
    def tokens(self, text: str) -> list[str]:
        """Return the pieces of ``text`` as the vocabulary writes them."""
        return list(self._encoding(text).tokens)

    def _encoding(self, text: str) -> tokenizers.Encoding:
        """Return the whole of ``text`` and nothing else, encoded: lengths are counted in it."""
        _check_unicode("text", text)
        for setting in ("truncation", "padding"):  # a published tokenizer.json may switch both on
            on = getattr(self.inner, setting) is not None
            refuse(on, f"inner is a Tokenizer with {setting}: call its no_{setting}()")
        return self.inner.encode(text, add_special_tokens=False)

    @checked
    def id(self, token: str) -> int:
        """Return the id of one vocabulary entry, such as ``"[MASK]"``."""
        found = self.inner.token_to_id(token)
        if found is None:
            raise ValueError(f"token is {token!r}: give one of the {self.vocab_size} of the vocabulary")
        return int(found)

    @checked
    def save(self, path: Path | str) -> None:
        """Write ``tokenizer.json``, which `tokenizers` and `transformers` read."""
        try:
            self.inner.save(str(path))
        except Exception as error:  # the library raises nothing narrower
            raise ValueError(f"path is {str(path)!r}: give a file that can be written ({error})") from None


@checked
def character_tokenizer(
    text: str, minimum_count: Count = 1, special_tokens: Sequence[str] = ()
) -> TextTokenizer:
    """Return one with an id for each character seen ``minimum_count`` times; others fall back to bytes.

    The first 256 ids are the bytes, then come the characters in code-point order, then the special tokens.

    >>> tokenizer = character_tokenizer("abc")
    >>> tokenizer.encode("cab"), tokenizer.encode("é")
    ([258, 256, 257], [195, 169])
    """
    if not text:
        raise ValueError("text is '': give at least one character to make a vocabulary of")
    _check_unicode("text", text)
    decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    _check_specials(special_tokens, decoder)
    counts = Counter(text)
    characters = sorted(character for character, count in counts.items() if count >= minimum_count)
    vocabulary = {token: i for i, token in enumerate([*BYTES, *characters])}
    inner = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=[], byte_fallback=True))
    inner.decoder = decoder
    inner.add_special_tokens(list(special_tokens))
    return TextTokenizer(inner)


@checked
def byte_level_bpe(
    texts: Iterable[str], vocab_size: Count, special_tokens: Sequence[str] = ()
) -> TextTokenizer:
    """Return byte-level BPE (Radford et al. 2019) learned from ``texts``: 256 bytes, then the merges.

    The most frequent pair is merged, again and again, until there are ``vocab_size`` entries or no pair is
    left: a short text gives fewer. The special tokens have the first ids; where they stand in ``texts``,
    nothing is learned from them.

    >>> tokenizer = byte_level_bpe(["low lower lowest"] * 9, vocab_size=260)
    >>> tokenizer.tokens("low lower"), tokenizer.decode(tokenizer.encode("日本 ok"))
    (['low', 'Ġlowe', 'r'], '日本 ok')
    """
    decoder = decoders.ByteLevel()
    _check_specials(special_tokens, decoder)
    smallest = 256 + len(special_tokens)
    if vocab_size < smallest:
        raise ValueError(
            f"vocab_size is {vocab_size}: give at least {smallest}, for bytes and special tokens"
        )
    texts = list(texts)
    for text in texts:  # which the signature cannot see in an iterator
        refuse(not isinstance(text, str), f"texts is {shown(texts)}: give a list, each item a text")
    if not any(texts):
        raise ValueError("texts is without a character: give at least one text to learn merges from")
    for text in texts:
        _check_unicode("texts", text)
    inner = tokenizers.Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoder
    trainer = trainers.BpeTrainer(
        # Each merge takes a byte away somewhere; the trainer reserves memory for all that it is asked for.
        vocab_size=min(vocab_size, smallest + sum(len(text.encode()) for text in texts)),
        special_tokens=list(special_tokens),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    if special_tokens:
        longest_first = sorted(special_tokens, key=len, reverse=True)
        between = re.compile("|".join(map(re.escape, longest_first)))
        texts = [piece for text in texts for piece in between.split(text)]
    inner.train_from_iterator(texts, trainer)
    return TextTokenizer(inner)


def _check_unicode(name: str, text: str) -> None:
    """Raise ``ValueError`` for half of a surrogate pair, which stands for no character and has no bytes."""
    half = re.search("[\ud800-\udfff]", text)
    refuse(half is not None, f"{name} is {shown(text)}: leave out {half and half[0]!r}, half a letter")


def _check_specials(special_tokens: Sequence[str], decoder: decoders.Decoder) -> None:
    """Raise ``ValueError`` for a name that is a byte or a character already, or stands there twice.

    A name that ``decoder`` reads as bytes, such as "Ġlow" for " low", may be a merge and is refused too.
    """
    for token in special_tokens:
        _check_unicode("special_tokens", token)
    taken = [token for token in special_tokens if token in BYTES or decoder.decode([token]) != token]
    short = [token for token in special_tokens if len(token) < 2]
    if taken or short or len(set(special_tokens)) < len(special_tokens):
        raise ValueError(
            f"special_tokens is {list(special_tokens)}: give different names of two characters or more "
            "that spell no bytes, such as '[PAD]'"
        )
