import pytest
from a2e.language.corpora import Article, clean, join, split_articles, wikipedia


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


def test_edge_bad_input_is_refused():
    few = (Article("A", "a"), Article("B", "b"))
    with pytest.raises(ValueError, match="validation=2 must lie between 1 and 1"):
        split_articles(few, 2)
    with pytest.raises(ValueError, match="minimum_characters=-1"):
        wikipedia(-1)
    with pytest.raises(ValueError, match="minimum_characters=nan"):
        wikipedia(float("nan"))
    with pytest.raises(ValueError, match="minimum_characters=1000000000 leaves no article"):
        wikipedia(10**9)
