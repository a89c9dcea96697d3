import random

import numpy
import pytest
import torch
from a2e import page
from a2e.emissions.meter import Reading


def test_start_repeats_random_numbers_and_holds_torch_to_two_threads():
    draws = []
    for _ in range(2):
        page.start("training/tiny-gpt")
        draws.append((random.random(), numpy.random.rand(), torch.rand(1).item()))
    assert draws[0] == draws[1]
    assert torch.get_num_threads() == 2


def test_close_displays_one_line_and_keeps_the_numbers_in_metadata(displayed):
    page.start("transformer/attention").close()
    data, metadata = displayed[0]
    assert data["text/plain"].startswith("Running this page took ")
    assert "\n" not in data["text/plain"]
    assert metadata["a2e"]["page"] == "transformer/attention"
    assert metadata["a2e"]["tier"] in ("measured", "modelled", "assumed")


def test_cost_is_energy_times_the_world_average_edge_zero():
    reading = Reading(2.0, 3.0, 0.002, "assumed", "modelled", "by hand", {})
    cost = page.cost_of("basics", reading, 123.4)
    assert cost.energy_wh == 2.0
    assert cost.carbon_g == pytest.approx(0.002 * cost.intensity_g_per_kwh, rel=0.01)
    assert "(modelled, from assumed inputs)" in str(cost)
    zero = Reading(0.0, 0.0, 0.0, "measured", "measured", "by hand", {})
    assert page.cost_of("basics", zero, 1).carbon_g == 0
    assert "Wh (measured)" in str(page.cost_of("basics", zero, 1))


def test_a_page_closed_twice_is_refused(displayed):
    running = page.start("basics")
    running.close()
    with pytest.raises(ValueError, match=r"page 'basics' is closed already; call page.close"):
        running.close()


@pytest.mark.parametrize("name", ["", "Attention", "chapters/transformer/attention", "basics.ipynb", "a b"])
def test_a_name_that_is_no_page_path_is_refused(name):
    with pytest.raises(ValueError, match=r"name is .*give its path in chapters/"):
        page.start(name)
