"""Real text without a download: the Wikipedia articles of 2016 in the gensim wheel (CC BY-SA 3.0)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from gensim.corpora.wikicorpus import extract_pages, filter_wiki
from gensim.test.utils import datapath
from gensim.utils import open as open_compressed

from a2e.shapes import Count, Natural, checked

WIKIPEDIA_FILE = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"


@checked
@dataclass(frozen=True)
class Article:
    """One encyclopedia article as plain text; its authors are at https://en.wikipedia.org/wiki/TITLE."""

    title: str
    text: str


@checked
def clean(markup: str) -> str:
    """Return wiki markup as running text: case and punctuation stay, empty lines and leftover quotes go.

    >>> clean("The '''cat''' ([[Felis catus|a pet]]) sat.")
    'The cat (a pet) sat.'
    """
    text = re.sub(r"'{2,}", "", filter_wiki(markup))
    text = re.sub(r"^[ \t*#:;|!{}=]+|[ \t=]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n\s*\n+", "\n", text).strip()


@checked
@cache
def wikipedia(minimum_characters: Natural = 1000) -> tuple[Article, ...]:
    """Return the 104 articles of the English Wikipedia, in the dump's order; redirects and stubs are dropped.

    Args:
        minimum_characters: articles shorter than this after cleaning are left out.

    Unlike gensim's ``WikiCorpus`` this keeps case and punctuation: a model cannot write what it never saw.
    """
    articles = []
    with open_compressed(datapath(WIKIPEDIA_FILE), "rb") as dump:
        for title, markup, _ in extract_pages(dump, filter_namespaces=("0",)):
            if markup.lstrip().upper().startswith("#REDIRECT"):
                continue
            text = clean(markup)
            if len(text) >= minimum_characters:
                articles.append(Article(title, text))
    if not articles:
        raise ValueError(f"minimum_characters is {minimum_characters}: give less, for no article is so long")
    return tuple(articles)


@checked
def split_articles(
    articles: Sequence[Article], validation: Count = 15
) -> tuple[tuple[Article, ...], tuple[Article, ...]]:
    """Return the training articles and the last ``validation`` ones: no article is in both splits.

    >>> a, b, c = Article("A", "…"), Article("B", "…"), Article("C", "…")
    >>> [article.title for article in split_articles((a, b, c), validation=1)[1]]
    ['C']
    """
    if validation >= len(articles):
        raise ValueError(
            f"validation is {validation}: give less than the number of articles, {len(articles)}"
        )
    return tuple(articles[:-validation]), tuple(articles[-validation:])


@checked
def join(articles: Sequence[Article]) -> str:
    """Return all texts in one string, an empty line between two articles; no article gives an empty text."""
    return "\n\n".join(article.text for article in articles)
