import random
import subprocess
import sys

import numpy
import pytest
import torch
from a2e import page
from a2e.emissions.meter import Reading
from a2e.training.records import WAYS


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
    ways: dict[str, float | None] = dict.fromkeys(WAYS, 0.002)
    reading = Reading(2.0, 3.0, 0.002, 0.001, 0.004, "assumed", "modelled", "by hand", ways)
    cost = page.cost_of("basics", reading, 123.4)
    assert cost.energy_wh == 2.0
    assert cost.carbon_g == pytest.approx(0.002 * cost.intensity_g_per_kwh, rel=0.01)
    assert "(modelled, from assumed inputs)" in str(cost)
    zero = Reading(0.0, 0.0, 0.0, 0.0, 0.0, "measured", "measured", "by hand", dict.fromkeys(WAYS, 0.0))
    assert page.cost_of("basics", zero, 1).carbon_g == 0
    assert "Wh of the processor (measured)" in str(page.cost_of("basics", zero, 1))


def test_a_page_closed_twice_is_refused(displayed):
    running = page.start("basics")
    running.close()
    with pytest.raises(ValueError, match=r"page is 'basics', closed already: call page.close"):
        running.close()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Attention",
        "chapters/transformer/attention",
        "basics.ipynb",
        "a b",
        "nosuch/page",
        "../x",
        None,
        3,
    ],
)
def test_a_name_that_is_no_page_is_refused(name):
    with pytest.raises(ValueError, match=r"name is .*: give a (page's path in chapters/, such as |text)"):
        page.start(name)


def test_a_page_that_is_nearly_named_is_suggested():
    with pytest.raises(ValueError, match="such as transformer/attention"):
        page.start("transformer/atention")


def test_a_library_without_its_pages_takes_any_name(monkeypatch, tmp_path):
    monkeypatch.setattr(page, "CHAPTERS", tmp_path / "chapters")
    assert page.start("a/page-of-mine").name == "a/page-of-mine"


def in_a_fresh_process(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_every_page_is_seeded_those_on_emissions_too():
    code = (
        "from a2e.page import start; start('emissions/first-estimate'); "
        "import torch; print(torch.initial_seed())"
    )
    assert in_a_fresh_process(code) == ["0"]


def test_a_page_without_torch_does_not_load_it():
    code = (
        "import sys; from a2e.page import start; start('emissions/first-estimate', torch=False); "
        "import random, numpy; print('torch' in sys.modules, random.random(), numpy.random.rand())"
    )
    first, second = in_a_fresh_process(code), in_a_fresh_process(code)
    assert first == second and first[0] == "False"


def test_peak_memory_is_that_of_the_process_itself():
    """Not of the one that started it: 400 MB here are not seen in a child that uses a tenth."""
    held = numpy.ones(50_000_000)
    assert page.peak_memory_mb() > 400 and held[-1] == 1
    assert float(in_a_fresh_process("from a2e.machine import *; print(peak_memory_mb())")[0]) < 300


def test_peak_memory_grows_by_what_is_held_in_bytes_of_ten_to_the_six():
    code = (
        "from a2e.machine import *; before = peak_memory_mb(); held = b'x' * 200_000_000; "
        "print(peak_memory_mb() - before)"
    )
    assert 199 < float(in_a_fresh_process(code)[0]) < 230
