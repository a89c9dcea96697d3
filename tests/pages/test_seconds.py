"""Each page ran within twice its budget in this run."""

import pytest

from book.pages import notebooks, read
from tests.rules.pages import SECONDS


@pytest.mark.parametrize("name", notebooks())
def test_a_page_keeps_twice_its_budget(name):
    if name not in SECONDS:
        pytest.skip("the page itself was not run: ask for chapters too")
    budget = read(name).metadata.a2e.budget_seconds
    assert SECONDS[name] <= 2 * budget, f"{SECONDS[name]:.0f} s, budget {budget} s"
