import pytest
from a2e import tiers
from a2e.tiers import TIERS, worst
from hypothesis import given
from hypothesis import strategies as st


def test_the_best_comes_first_and_each_has_one_definition():
    assert list(tiers.DEFINITIONS) == list(TIERS) == ["measured", "modelled", "assumed"]
    assert len(set(tiers.DEFINITIONS.values())) == 3


@given(st.lists(st.sampled_from(TIERS), min_size=1))
def test_the_worst_is_among_them_and_none_is_worse(given):
    rank = {"measured": 0, "modelled": 1, "assumed": 2}
    assert worst(*given) in given and rank[worst(*given)] == max(rank[tier] for tier in given)


def test_an_unknown_tier_is_refused():
    for call in (tiers.check, worst, lambda tier: worst("assumed", tier)):
        with pytest.raises(ValueError, match="tier is 'guessed': give one of measured, modelled, assumed"):
            call("guessed")
    with pytest.raises(ValueError, match=r"tiers is \(\): give at least one"):
        worst()
