"""Places by name: English names and ISO 3166 codes of two and three letters, by pycountry.

>>> find("Viet Nam"), find("Vietnam"), find("vn"), find("VNM")
('VNM', 'VNM', 'VNM', 'VNM')
"""

import difflib
import unicodedata
from collections.abc import Collection
from functools import cache

from a2e.emissions.packages import data_json
from a2e.shapes import Text, checked

WORLD, EUROPE = "WOR", "EEE"  # EcoLogits' codes; what EEE holds, `a2e.emissions.grid.code` says
_MORE = {  # what neither pycountry nor CodeCarbon calls so
    "world": WORLD, "Europe": EUROPE, "EU": "EUE", "European Union": "EUE", "UK": "GBR",
    "Great Britain": "GBR", "Ivory Coast": "CIV", "Holland": "NLD", "UAE": "ARE", "Swaziland": "SWZ",
    "Burma": "MMR", "Macedonia": "MKD", "Czech Republic": "CZE", "America": "USA", "Micronesia": "FSM",
    "Vatican": "VAT", "Vatican City": "VAT", "Macau": "MAC", "DR Congo": "COD", "DRC": "COD",
    "England": "GBR", "Scotland": "GBR", "Wales": "GBR", "Northern Ireland": "GBR", "Britain": "GBR",
    "Kosovo": "XKX", "Republic of Ireland": "IRL", "US": "USA", "USA": "USA",  # as in U.S.A.
}  # fmt: skip


def _folded(name: str) -> str:
    """Return ``name`` without case, accents, dots, hyphens, spare spaces and a leading article.

    >>> [_folded(name) for name in (" The  Gambia", "Türkiye", "Côte d’Ivoire", "St. Lucia", "U.S.")]
    ['gambia', 'turkiye', "cote d'ivoire", 'saint lucia', 'us']
    """
    for written, plain in (("’", "'"), (".", ""), ("-", " "), ("&", " and ")):
        name = name.replace(written, plain)
    letters = unicodedata.normalize("NFKD", name)
    text = "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
    words = ["saint" if word == "st" else word for word in text.split()]
    return " ".join(words[1:] if words[:1] == ["the"] else words)


@cache
def _names() -> dict[str, str]:
    """Return the three-letter code of each name as it is written; "Korea, Republic of" in both orders."""
    import pycountry

    names: dict[str, str] = {}
    for country in pycountry.countries:
        for kind in ("name", "official_name", "common_name"):
            name = getattr(country, kind, "")
            first, comma, rest = name.partition(", ")
            names |= {name: country.alpha_3, f"{rest} {first}" if comma else name: country.alpha_3}
    rows = data_json("codecarbon", "data/private_infra/global_energy_mix.json")
    names |= {row["country_name"]: code for code, row in rows.items()} | _MORE
    del names["Congo"]  # ISO's for one of the two countries that are called so
    return {name: code for name, code in names.items() if name}


@cache
def _codes() -> dict[str, str]:
    """Return the three-letter code of each code of two or three letters, in lower case."""
    import pycountry

    short = {country.alpha_2: country.alpha_3 for country in pycountry.countries}
    short["XK"] = "XKX"  # Kosovo's, in use though ISO has given it none
    own = {code: code for code in [*short.values(), WORLD, EUROPE]}
    return {written.lower(): code for written, code in (short | own).items()}


@cache
def _folded_names() -> dict[str, str]:
    """Return the three-letter code of each plain name."""
    return {_folded(name): code for name, code in _names().items()}


@checked
def find(place: Text) -> str | None:
    """Return the three-letter code of ``place``, given as a name or a code, or None for an unknown one.

    Two letters are a country's: CA is Canada and no California, GA is Gabon, IN is India.

    >>> find("Republic of Korea"), find("world"), find("Atlantis") is None
    ('KOR', 'WOR', True)
    """
    return _codes().get(place.strip().lower()) or _folded_names().get(_folded(place))


@checked
def nearest(place: Text, codes: Collection[str]) -> list[str]:
    """Return up to three names that share all words of the shorter of the two with ``place``, or else are
    spelt like it, of places whose codes are among ``codes``, one for each place.

    >>> nearest("Frence", {"FRA", "USA"}), nearest("Bosnia", {"BIH", "ROU"})
    (['France'], ['Bosnia and Herzegovina'])
    """
    asked = _folded(place)
    words = set(asked.split())
    names = {_folded(name): name for name, code in _names().items() if code in codes and len(name) > 3}
    holding = sorted((name for name in names if words and words <= set(name.split())), key=len)
    within = sorted((name for name in names if set(name.split()) < words), key=len, reverse=True)
    spelt = difflib.get_close_matches(asked, list(names), n=3, cutoff=0.75)
    found: dict[str, str] = {}
    for near in holding + within or spelt:
        found.setdefault(_folded_names()[near], names[near])
    return list(found.values())[:3]
