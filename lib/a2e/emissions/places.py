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

WORLD, EUROPE = "WOR", "EEE"  # EcoLogits' codes; EEE is the European Economic Area, in French
_MORE = {  # what neither pycountry nor CodeCarbon calls so
    "world": WORLD, "Europe": EUROPE, "European Union": EUROPE, "EU": EUROPE, "UK": "GBR",
    "America": "USA", "U.S.": "USA",
    "Great Britain": "GBR", "Ivory Coast": "CIV", "Holland": "NLD", "UAE": "ARE", "Swaziland": "SWZ",
    "Burma": "MMR", "Macedonia": "MKD", "Czech Republic": "CZE",
}  # fmt: skip


def _plain(name: str) -> str:
    """Return ``name`` without case, accents, spare spaces and a leading article.

    >>> _plain(" The  Gambia"), _plain("Türkiye"), _plain("Côte d’Ivoire")
    ('gambia', 'turkiye', "cote d'ivoire")
    """
    letters = unicodedata.normalize("NFKD", name.replace("’", "'"))
    words = "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold().split()
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
    return {name: code for name, code in names.items() if name}


@cache
def _codes() -> dict[str, str]:
    """Return the three-letter code of each plain name and of each code of two or three letters."""
    import pycountry

    short = {country.alpha_2: country.alpha_3 for country in pycountry.countries}
    own = {code: code for code in [*short.values(), WORLD, EUROPE]}
    return {_plain(name): code for name, code in (short | own | _names()).items()}


@checked
def find(place: Text) -> str | None:
    """Return the three-letter code of ``place``, given as a name or a code, or None for an unknown one.

    >>> find("Republic of Korea"), find("world"), find("Atlantis") is None
    ('KOR', 'WOR', True)
    """
    return _codes().get(_plain(place))


@checked
def nearest(place: Text, codes: Collection[str]) -> list[str]:
    """Return up to three names like ``place``, of places whose codes are among ``codes``.

    >>> nearest("Frence", {"FRA", "USA"})
    ['France']
    """
    names = {_plain(name): name for name, code in _names().items() if code in codes and len(name) > 3}
    return [names[near] for near in difflib.get_close_matches(_plain(place), list(names), n=3, cutoff=0.6)]
