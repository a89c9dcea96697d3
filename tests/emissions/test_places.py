import re

import pytest
from a2e.emissions import grid, places


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("Germany", "deu", "DE", "  germany ", "Federal Republic of Germany"), "DEU"),
        (("UK", "United Kingdom", "GB", "Great Britain"), "GBR"),
        (("FR", "France", "french republic"), "FRA"),
        (("Türkiye", "Turkiye", "Turkey", "TR"), "TUR"),
        (("Viet Nam", "Vietnam", "VN"), "VNM"),
        (("Republic of Korea", "South Korea", "Korea, Republic of", "KR"), "KOR"),
        (("Ivory Coast", "Côte d'Ivoire", "Cote d’Ivoire", "CI"), "CIV"),
        (("The Netherlands", "Holland", "NL"), "NLD"),
        (("Russia", "Russian Federation"), "RUS"),
        (("Iran", "Islamic Republic of Iran"), "IRN"),
        (("Europe", "EEE"), "EEE"),
        (("world", "WOR", "the World"), "WOR"),
        (("U.S.A.", "U.S.", "USA", "America", "united states of america"), "USA"),
        (("England", "Scotland", "Wales", "U.K.", "Britain", "Northern Ireland"), "GBR"),
        (("ST", "st", " STP ", "Sao Tome and Principe"), "STP"),
        (("St. Lucia", "St Lucia", "Saint Lucia"), "LCA"),
        (("Trinidad & Tobago", "Trinidad and Tobago"), "TTO"),
        (("Guinea Bissau", "Guinea-Bissau"), "GNB"),
        (("Republic of Ireland", "Ireland", "the republic of Ireland"), "IRL"),
        (("CA", "ca", "Canada"), "CAN"),
    ],
)
def test_property_names_and_codes_of_one_place_agree(names, code):
    assert {grid.code(name) for name in names} == {code}


@pytest.mark.parametrize(
    ("name", "official"),
    [
        ("UAE", "United Arab Emirates"), ("Swaziland", "Eswatini"), ("Burma", "Myanmar"), ("Macau", "Macao"),
        ("Macedonia", "North Macedonia"), ("Czech Republic", "Czechia"), ("Holland", "Netherlands"),
        ("Vatican", "Holy See"), ("Vatican City", "Holy See"), ("DRC", "Congo, The Democratic Republic"),
        ("DR Congo", "Congo, The Democratic Republic"), ("Micronesia", "Federated States of Micronesia"),
    ],
)  # fmt: skip
def test_oracle_usual_names_are_those_of_the_country_that_pycountry_finds(name, official):
    import pycountry

    assert places.find(name) == pycountry.countries.search_fuzzy(official)[0].alpha_3


def test_property_a_suggested_place_is_in_a_data_set():
    for wrong in ("Frence", "Jermany", "Lichtenstein", "Andora", "Vatikan"):
        with pytest.raises(ValueError) as caught:
            grid.code(wrong)
        for near in str(caught.value).partition("did you mean ")[2].rstrip("?").split(", "):
            assert not near or grid._sources_of(grid.code(near))


@pytest.mark.parametrize(
    ("place", "hint"),
    [
        ("The", "give a country's English name or ISO code"), ("the.", "give a country"),
        ("Free State of Ireland", "did you mean Ireland?"), ("Frence", "did you mean France?"),
        ("Kingdom of Papua New Guinea", "did you mean Papua New Guinea, Guinea?"),
        ("New York", "give a country's English name or ISO code"),
    ],
)  # fmt: skip
def test_edge_a_hint_shares_words_or_spelling_with_what_was_asked(place, hint):
    with pytest.raises(ValueError, match=re.escape(f"place is {place!r}: {hint}")):
        grid.code(place)


def test_edge_the_name_of_two_countries_is_refused_with_both():
    with pytest.raises(ValueError, match=r"place is 'Congo': did you mean .*DR Congo") as caught:
        grid.code("Congo")
    assert "Republic of the Congo" in str(caught.value)
    assert places.find("COG") == places.find("Republic of the Congo") == "COG" != places.find("DR Congo")
