"""Real text without a download: the Wikipedia articles of 2016 in the gensim wheel (CC BY-SA 3.0)."""

import re
from dataclasses import dataclass
from functools import cache

from gensim.corpora.wikicorpus import extract_pages, filter_wiki
from gensim.test.utils import datapath
from gensim.utils import open as open_compressed

WIKIPEDIA_FILE = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"


@dataclass(frozen=True)
class Article:
    """One encyclopedia article as plain text; its authors are at https://en.wikipedia.org/wiki/TITLE."""

    title: str
    text: str


def clean(markup: str) -> str:
    """Wiki markup to running text: case and punctuation stay, empty lines and leftover quotes go.

    >>> clean("The '''cat''' ([[Felis catus|a pet]]) sat.")
    'The cat (a pet) sat.'
    """
    text = re.sub(r"'{2,}", "", filter_wiki(markup))
    text = re.sub(r"^[ \t*#:;|!{}=]+|[ \t=]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n\s*\n+", "\n", text).strip()


@cache
def wikipedia(minimum_characters: int = 1000) -> tuple[Article, ...]:
    """The 104 articles of the English Wikipedia, in the dump's order; redirects and stubs are dropped.

    Args:
        minimum_characters: articles shorter than this after cleaning are left out.

    Unlike gensim's ``WikiCorpus`` this keeps case and punctuation: a model cannot write what it never saw.
    """
    if not minimum_characters >= 0:
        raise ValueError(f"minimum_characters={minimum_characters} must be 0 or more")
    articles = []
    with open_compressed(datapath(WIKIPEDIA_FILE), "rb") as dump:
        for title, markup, _ in extract_pages(dump, filter_namespaces=("0",)):
            if markup.lstrip().upper().startswith("#REDIRECT"):
                continue
            text = clean(markup)
            if len(text) >= minimum_characters:
                articles.append(Article(title, text))
    if not articles:
        raise ValueError(f"minimum_characters={minimum_characters} leaves no article: take a smaller one")
    return tuple(articles)


def split_articles(
    articles: tuple[Article, ...], validation: int = 15
) -> tuple[tuple[Article, ...], tuple[Article, ...]]:
    """The last ``validation`` articles apart, whole: a text never stands on both sides.

    >>> a, b, c = Article("A", "…"), Article("B", "…"), Article("C", "…")
    >>> [article.title for article in split_articles((a, b, c), validation=1)[1]]
    ['C']
    """
    if not 1 <= validation < len(articles):
        raise ValueError(
            f"validation={validation} must lie between 1 and {len(articles) - 1}, "
            f"so that each side of the {len(articles)} articles keeps at least one"
        )
    return articles[:-validation], articles[-validation:]


def join(articles: tuple[Article, ...]) -> str:
    """All texts in one string, an empty line between two articles."""
    return "\n\n".join(article.text for article in articles)
