import pytest
from a2e.language.corpora import Article, clean, join, split_articles, wikipedia

FEW = [Article("A", "a"), Article("B", "b")]


def test_property_wikipedia_is_running_text_with_case_and_punctuation():
    articles = wikipedia()
    text = join(articles)
    assert len(articles) == 104 and len({article.title for article in articles}) == 104
    assert 3.0e6 < len(text) < 3.1e6
    assert "The " in text and ", and " in text
    assert not any(mark in text for mark in ("'''", "[[", "]]", "#REDIRECT"))
    assert all(len(article.text) >= 1000 for article in articles)


def test_property_validation_articles_are_not_in_training():
    train, validation = split_articles(wikipedia())
    assert len(validation) == 15 and len(train) == 89
    assert not {article.title for article in train} & {article.title for article in validation}
    assert validation[0].text not in join(train)


def test_property_validation_has_characters_that_training_lacks():
    train, validation = split_articles(wikipedia())
    assert set(join(validation)) - set(join(train)), "the byte fallback would not be needed"


def test_edge_cleaning_of_an_empty_page():
    assert clean("") == ""
    assert clean("== Heading ==\n\n\n* item '''bold'''") == "Heading\nitem bold"


def test_edge_an_article_of_exactly_the_minimum_stays():
    shortest = min(len(article.text) for article in wikipedia())
    assert len(wikipedia(shortest)) == 104
    assert len(wikipedia(shortest + 1)) == 103


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: split_articles(FEW, 2), "validation is 2: give less than the number of articles, 2"),
        (lambda: split_articles((), 1), "validation is 1: give less than the number of articles, 0"),
        (lambda: split_articles(FEW, 0), "validation is 0: give a whole number of at least 1"),
        (lambda: split_articles(None, 1), "articles is None: give a list, each item an Article"),  # type: ignore[arg-type]
        (lambda: join(["a", "b"]), r"articles is \['a', 'b'\]: give a list, each item an Article"),  # type: ignore[list-item]
        (lambda: wikipedia(-1), "minimum_characters is -1: give a whole number of at least 0"),
        (lambda: wikipedia(float("nan")), "minimum_characters is nan: give a whole number"),
        (lambda: wikipedia([1]), r"minimum_characters is \[1\]: give a whole number"),  # type: ignore[arg-type]
        (lambda: wikipedia(10**9), "minimum_characters is 1000000000: give less"),
        (lambda: clean(b"abc"), "markup is b'abc': give a text"),  # type: ignore[arg-type]
        (lambda: Article("A", None), "text is None: give a text"),  # type: ignore[arg-type]
    ],
)
def test_edge_bad_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
