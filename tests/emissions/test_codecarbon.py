import logging
import subprocess
import sys
import time

import pytest
from a2e.emissions.codecarbon import Tracked, track


def busy(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(range(1000))


def tdp():
    """Watts of this machine's processors in CodeCarbon's own table, 4 a thread for one that it lacks."""
    from codecarbon.core.cpu import TDP
    from codecarbon.core.util import count_physical_cpus

    logging.getLogger("codecarbon").setLevel("CRITICAL")
    return TDP().tdp * count_physical_cpus()


def test_oracle_processor_energy_lies_between_the_formula_s_ends(tmp_path, monkeypatch, capfd):
    """Without RAPL: TDP × (0.1 + 0.9 load³), 0.1 to 1 TDP whatever the load; nothing printed or written."""
    from a2e.emissions.meter import Rapl

    monkeypatch.chdir(tmp_path)
    tracked = track(lambda: busy(1.0))
    assert capfd.readouterr() == ("", "") and list(tmp_path.iterdir()) == []
    assert tracked.cpu_way == ("measured" if Rapl().files else "modelled")
    if tracked.cpu_way == "modelled":
        watts = tracked.cpu_kwh * 3.6e6 / tracked.seconds
        assert 0.05 * tdp() <= watts <= 1.02 * tdp()  # its clock for energy starts a little later
    assert tracked.ram_kwh > 0


def test_property_says_that_it_only_models():
    assert "modelled only: this machine has no RAPL counter" in str(Tracked(2.0, 1e-6, 1e-6, "modelled"))
    assert "read from RAPL" in str(Tracked(2.0, 1e-6, 1e-6, "measured"))


def test_a_kilowatt_hour_is_printed_as_3_6_million_joules():
    text = str(Tracked(2.0, 1e-6, 2e-6, "modelled"))
    assert "processor 3.6 J" in text and "memory 7.2 J (modelled) in 2.0 s" in text


def test_edge_an_error_of_the_work_is_passed_on():
    with pytest.raises(KeyError):
        track(lambda: dict[str, int]()["nothing"])


@pytest.mark.parametrize("fails", [False, True])
def test_property_the_logger_is_left_as_it_was(fails):
    """Also by the first import, which sets level, propagation and a handler: so in a process of its own."""
    code = f"""
import logging
from a2e.emissions.codecarbon import track
log = logging.getLogger("codecarbon")
log.setLevel(7)
log.addHandler(logging.NullHandler())
for _ in range(2):
    before = log.level, log.propagate, list(log.handlers), list(log.filters), log.disabled
    try:
        track(lambda: 1 / {int(not fails)})
    except ZeroDivisionError:
        assert {fails}
    after = log.level, log.propagate, list(log.handlers), list(log.filters), log.disabled
    assert before == after, (before, after)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_edge_a_tracker_that_swallowed_its_own_error_is_no_reading(monkeypatch):
    from codecarbon import OfflineEmissionsTracker

    stop = OfflineEmissionsTracker.stop

    def swallow(tracker):
        stop(tracker)
        tracker.final_emissions_data = None

    monkeypatch.setattr(OfflineEmissionsTracker, "stop", swallow)
    with pytest.raises(RuntimeError, match="final_emissions_data is None: run CodeCarbon with log_level="):
        track(lambda: None)


def test_edge_bad_interval_is_refused():
    with pytest.raises(ValueError, match="every_seconds is 0: give a finite number above 0"):
        track(lambda: None, every_seconds=0)
