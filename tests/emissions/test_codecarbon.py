import time
from pathlib import Path

import pytest
from a2e.emissions.codecarbon import Tracked, track


def busy(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(range(1000))


def test_oracle_processor_energy_lies_between_the_formula_s_ends(tmp_path, monkeypatch, capfd):
    """Without RAPL: threads × 4 W × (0.1 + 0.9 load³), whatever the load; and nothing printed or written."""
    import os

    from a2e.emissions.meter import Rapl

    monkeypatch.chdir(tmp_path)
    tracked = track(lambda: busy(1.0))
    assert capfd.readouterr() == ("", "") and list(tmp_path.iterdir()) == []
    assert tracked.cpu_way == ("measured" if Rapl().files else "modelled")
    if tracked.cpu_way == "modelled":
        watts = tracked.cpu_kwh * 3.6e6 / tracked.seconds
        assert 0 < watts <= 400 * (os.cpu_count() or 1)
    assert tracked.ram_kwh > 0


def test_property_says_that_it_only_models():
    assert "modelled only: this machine has no RAPL counter" in str(Tracked(2.0, 1e-6, 1e-6, "modelled"))
    assert "read from RAPL" in str(Tracked(2.0, 1e-6, 1e-6, "measured"))


def test_edge_an_error_of_the_work_is_passed_on():
    with pytest.raises(KeyError):
        track(lambda: dict[str, int]()["nothing"])


def test_edge_bad_interval_is_refused():
    with pytest.raises(ValueError, match="every_seconds=0"):
        track(lambda: None, every_seconds=0)


def test_edge_no_file_is_left_in_the_working_folder():
    assert not Path("emissions.csv").exists()
