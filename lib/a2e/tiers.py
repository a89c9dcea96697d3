"""How well a number is known, in one word of three; said once, for the library, the data and the pages.

Counting is reading: a count that its authors give of their own run (parameters, tokens, devices) is measured.
What a formula makes of counts (FLOPs) is modelled, and a count that others suppose is assumed.
"""

from a2e.shapes import checked, refuse

DEFINITIONS: dict[str, str] = {
    "measured": "an instrument read it, or its author says that one did",
    "modelled": "computed from measured numbers",
    "assumed": "a convention, a prior, or any other statement that nobody outside can check",
}
"""What each tier means, best first."""

TIERS = tuple(DEFINITIONS)


@checked
def check(tier: str) -> None:
    """Raise ``ValueError`` unless ``tier`` is one of `TIERS`.

    >>> check("guessed")
    Traceback (most recent call last):
        ...
    ValueError: tier is 'guessed': give one of measured, modelled, assumed
    """
    refuse(tier not in TIERS, f"tier is {tier!r}: give one of {', '.join(TIERS)}")


@checked
def worst(*tiers: str) -> str:
    """Return the tier of a result that rests on numbers of these ``tiers``: that of the worst.

    >>> worst("measured", "assumed", "modelled")
    'assumed'
    """
    refuse(not tiers, "tiers is (): give at least one")
    for tier in tiers:
        check(tier)
    return max(tiers, key=TIERS.index)
