import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from a2e.emissions import meter as module
from a2e.emissions.cpu import ThreadPower
from a2e.emissions.meter import JOULES_PER_KWH, Meter, Rapl, Reading, three_ways
from a2e.training.records import WAYS
from hypothesis import given, settings
from hypothesis import strategies as st

FOUR = ThreadPower(4.0, 5.0, "assumed", "4 W per thread")
RANGE = 1_000_000_000  # microjoules at which the pretended counter overflows


def chip(root: Path, name: str = "intel-rapl:0", label: str = "package-0", energy: int = 0) -> Path:
    zone = root / name
    zone.mkdir()
    (zone / "name").write_text(label + "\n")
    (zone / "max_energy_range_uj").write_text(f"{RANGE}\n")
    (zone / "energy_uj").write_text(f"{energy}\n")
    return zone / "energy_uj"


def write(file: Path, energy: int) -> None:
    """As the kernel does, so that no reader sees a half-written file."""
    new = file.with_suffix(".new")
    new.write_text(str(energy))
    new.replace(file)


def wait_until_seen(meter: Meter, energy: int | None, seconds: float = 10.0) -> None:
    """Wait until the meter's own thread has read ``energy``, or for None has failed to read."""
    end = time.monotonic() + seconds
    assert meter._rapl
    while meter._rapl.last != ([] if energy is None else [energy]):
        assert time.monotonic() < end, f"the meter did not look within {seconds} s"
        time.sleep(0.01)


def test_oracle_rapl_counts_joules_over_all_chips(tmp_path):
    files = [chip(tmp_path, f"intel-rapl:{i}", f"package-{i}") for i in range(2)]
    rapl = Rapl(tmp_path)
    files[0].write_text("3000000")
    files[1].write_text("4000000")
    assert rapl.update() == 7.0


def test_oracle_rapl_overflow_is_added(tmp_path):
    file = chip(tmp_path, energy=RANGE - 2_000_000)
    rapl = Rapl(tmp_path)
    file.write_text("5000000")
    assert rapl.update() == pytest.approx(7.0)
    file.write_text("6000000")
    assert rapl.update() == pytest.approx(8.0)


def test_property_rapl_counts_packages_alone(tmp_path):
    chip(tmp_path)
    chip(tmp_path, "intel-rapl:0:0", "core")
    chip(tmp_path, "intel-rapl:1", "psys")
    assert [file.parent.name for file in Rapl(tmp_path).files] == ["intel-rapl:0"]


@pytest.mark.parametrize("tier", ["measured", "modelled"])
def test_oracle_meter_reports_rapl_by_what_the_chip_does(tmp_path, monkeypatch, tier):
    """The way is a reading; its tier is modelled where the chip itself computes the joules (AMD)."""
    monkeypatch.setattr(module, "rapl_tier", lambda: tier)
    file = chip(tmp_path)
    with Meter(rapl=tmp_path) as meter:
        file.write_text("7200000")
    assert meter.reading.joules == pytest.approx(7.2)
    assert (meter.reading.tier, meter.reading.way) == (tier, "measured")
    assert meter.reading.kwh_p05 == meter.reading.kwh == meter.reading.kwh_p95
    assert meter.reading.not_measured == ""


def test_property_a_meter_started_twice_counts_from_the_second_start_and_leaves_no_thread(tmp_path):
    file, before = chip(tmp_path), threading.active_count()
    meter = Meter(rapl=tmp_path, every_seconds=0.01).start()
    write(file, 5_000_000)
    meter.start()
    write(file, 7_000_000)
    assert meter.stop().joules == pytest.approx(2.0)
    assert threading.active_count() == before


def test_oracle_processor_seconds_are_user_and_system_of_this_process_and_its_children(monkeypatch):
    monkeypatch.setattr(os, "times", lambda: os.times_result((1.0, 2.0, 4.0, 8.0, 100.0)))
    monkeypatch.setattr(time, "process_time", lambda: 3.5)  # in nanoseconds, where os.times has ticks
    assert module._cpu_seconds() == 15.5


def test_property_a_child_that_ended_is_counted(tmp_path):
    code = "import time\nwhile time.process_time() < 0.4: sum(range(1000))"
    with Meter(rapl=tmp_path) as meter:
        subprocess.run([sys.executable, "-c", code], check=True)
    assert meter.reading.cpu_seconds > 0.35


def test_property_meter_watches_overflows_while_it_runs(tmp_path):
    file = chip(tmp_path)
    meter = Meter(rapl=tmp_path, every_seconds=0.01).start()
    for energy in (900_000_000, 800_000_000, 700_000_000):  # two overflows: unseen, they would be lost
        write(file, energy)
        wait_until_seen(meter, energy)
    assert meter.stop().joules == pytest.approx(900 + 900 + 900)


def test_edge_a_counter_that_cannot_be_read_is_not_measured_and_says_so(tmp_path):
    """Also where the next reading succeeds, as an overflow between the two may have gone unseen."""
    file, before = chip(tmp_path), threading.active_count()
    meter = Meter(rapl=tmp_path, every_seconds=0.01).start()
    write(file, "garbled")  # type: ignore[arg-type]
    wait_until_seen(meter, None)
    write(file, 7_000_000)
    reading = meter.stop()
    assert reading.by_way["measured"] is None and reading.way == "modelled"
    assert reading.not_measured.startswith("a RAPL counter could not be read (invalid literal for int()")
    assert threading.active_count() == before


@pytest.mark.parametrize("broken", ["name", "energy_uj", "max_energy_range_uj"])
def test_edge_a_counter_without_one_of_its_files_is_not_measured(tmp_path, broken):
    file = chip(tmp_path, energy=5)
    if broken != "max_energy_range_uj":
        (file.parent / broken).write_bytes(b"\xff")
        assert Rapl(tmp_path).files == [] and "could not be read" in Rapl(tmp_path).reason
        return
    rapl = Rapl(tmp_path)
    (file.parent / broken).unlink()
    file.write_text("4")  # an overflow
    assert rapl.update() == 0 and rapl.files == [] and "No such file" in rapl.reason


def test_edge_a_second_start_that_fails_leaves_the_first_run_metered_and_watched(tmp_path, monkeypatch):
    file = chip(tmp_path)
    meter = Meter(rapl=tmp_path, every_seconds=0.01).start()
    monkeypatch.setattr(module, "Rapl", lambda root: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        meter.start()
    for energy in (900_000_000, 800_000_000, 700_000_000):
        write(file, energy)
        wait_until_seen(meter, energy)
    assert meter.stop().joules == pytest.approx(900 + 900 + 900)


def test_edge_unreadable_counter_says_root(tmp_path, monkeypatch):
    chip(tmp_path)
    monkeypatch.setattr("os.access", lambda *_: False)
    rapl = Rapl(tmp_path)
    assert rapl.files == [] and "root only" in rapl.reason


def test_edge_no_counter_is_modelled_and_says_why(tmp_path):
    reading = Meter(rapl=tmp_path).start().stop()
    assert reading.way == "modelled" and reading.by_way["measured"] is None
    assert "no RAPL energy counter" in reading.not_measured


@settings(deadline=None)
@given(st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, 64))
def test_oracle_modelled_and_assumed_are_products(seconds, cpu_seconds, threads):
    reading = three_ways(seconds, cpu_seconds, power=FOUR, threads=threads)
    assert reading.kwh == reading.by_way["modelled"] == pytest.approx(cpu_seconds * 4 / 3.6e6)
    assert reading.by_way["assumed"] == pytest.approx(seconds * threads * 4 / 3.6e6)


@pytest.mark.parametrize("tier", ["modelled", "assumed"])
def test_property_tier_is_that_of_the_watts(tier):
    reading = three_ways(1, 1, power=ThreadPower(2.0, 3.0, tier, "a test"), threads=1)
    assert (reading.tier, reading.way) == (tier, "modelled")


def test_property_measured_wins():
    reading = three_ways(10, 10, measured_kwh=1e-5, power=FOUR, threads=2)
    assert reading.kwh == 1e-5 and reading.way == "measured"


def test_property_the_interval_is_as_wide_as_that_of_the_watts():
    reading = three_ways(100, 150, power=FOUR, threads=2)
    ends = reading.kwh_p05 * JOULES_PER_KWH, reading.kwh_p95 * JOULES_PER_KWH
    assert ends == (pytest.approx(120), pytest.approx(3000))  # 150 s at 0.8 and at 20 W


def test_property_busy_work_costs_more_than_sleep(tmp_path):
    with Meter(rapl=tmp_path) as asleep:
        time.sleep(0.2)
    with Meter(rapl=tmp_path) as busy:
        end = time.process_time() + 0.4
        while time.process_time() < end:
            sum(range(1000))
    assert busy.reading.cpu_seconds == pytest.approx(0.4, abs=0.2)
    assert busy.reading.cpu_seconds > 2 * asleep.reading.cpu_seconds
    assert busy.reading.kwh > asleep.reading.kwh


def test_edge_work_shorter_than_a_tick_of_the_clock_is_not_free(tmp_path):
    for _ in range(5):
        with Meter(rapl=tmp_path) as meter:
            end = time.process_time() + 0.002
            while time.process_time() < end:
                sum(range(100))
        assert 0.002 <= meter.reading.cpu_seconds < 0.1
        assert meter.reading.joules > 0


def test_property_units_of_a_reading_agree():
    reading = three_ways(100, 900, power=FOUR, threads=2)
    assert reading.joules == pytest.approx(3600) and reading.wh == pytest.approx(1.0)
    assert reading.kwh * JOULES_PER_KWH == pytest.approx(reading.joules)


def test_property_record_is_plain_and_complete():
    record = three_ways(1, 1, power=FOUR, threads=2).record()
    assert list(record) == ["kwh", "kwh_p05", "kwh_p95", "tier", "way", "method", "by_way"]
    assert list(record["by_way"]) == list(WAYS)  # type: ignore[call-overload]
    assert (record["tier"], record["way"]) == ("assumed", "modelled")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"kwh_p05": 3.0, "kwh_p95": 1.0}, "kwh is 2.0: give one from kwh_p05, 3.0, to kwh_p95, 1.0"),
        ({"kwh": 2.5}, "kwh is 2.5: give the modelled one, 2.0, as way says"),
        ({"way": "measured"}, "way is 'measured': give one with a number in by_way, modelled"),
        ({"way": "guessed"}, "way is 'guessed': give one with a number in by_way, modelled"),
        ({"tier": "guessed"}, "tier is 'guessed': give one of"),
        ({"by_way": {"modelled": 2.0}}, "by_way is ['modelled']: give measured, modelled, assumed"),
        ({"by_way": {"measured": None, "modelled": 2.0, "assumed": float("nan")}}, "by_way assumed is nan: "),
        ({"by_way": {"measured": None, "modelled": 2.0, "assumed": -1.0}}, "by_way assumed is -1.0: "),
        ({"by_way": {"measured": "x", "modelled": 2.0, "assumed": 3.0}}, "by_way is {"),
    ],
)
def test_edge_a_reading_that_contradicts_itself_is_refused(changed, sentence):
    ways = {"measured": None, "modelled": 2.0, "assumed": 3.0}
    good = Reading(1.0, 1.0, 2.0, 1.0, 3.0, "assumed", "modelled", "by hand", ways)
    with pytest.raises(ValueError, match=re.escape(sentence)):
        replace(good, **changed)


def test_property_reading_survives_an_exception(tmp_path):
    meter = Meter(rapl=tmp_path)
    with pytest.raises(KeyError), meter:
        raise KeyError
    assert meter.reading.seconds >= 0


def test_property_a_block_that_stopped_its_meter_keeps_its_reading_and_its_error(tmp_path):
    with Meter(rapl=tmp_path) as meter:
        reading = meter.stop()
    assert meter.reading is reading
    with pytest.raises(ZeroDivisionError), Meter(rapl=tmp_path) as meter:
        meter.stop()
        1 / 0  # noqa: B018


def test_edge_stop_before_start_is_refused():
    with pytest.raises(ValueError, match=r"meter is not running: call start\(\) first"):
        Meter().stop()


@pytest.mark.parametrize("name", ["seconds", "cpu_seconds", "measured_kwh"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_edge_bad_numbers_are_refused(name, value):
    given = {"seconds": 1.0, "cpu_seconds": 1.0, name: value}
    with pytest.raises(ValueError, match=f"{name} is {value}: give a finite number of at least 0"):
        three_ways(**given)


@pytest.mark.parametrize("threads", [0, -3, 2.5, True])
def test_edge_a_number_of_threads_that_is_none_is_refused(threads):
    with pytest.raises(ValueError, match=f"threads is {threads}: give a whole number of at least 1"):
        three_ways(1.0, 1.0, threads=threads)


def test_edge_bad_interval_is_refused():
    with pytest.raises(ValueError, match="every_seconds is 0: give a finite number above 0"):
        Meter(every_seconds=0)
