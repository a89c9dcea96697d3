import json
import os
import subprocess
import sys
from typing import Any

import pytest
from a2e.training import records
from a2e.training.records import RunRecord, load_record, read_record

GOOD: dict[str, Any] = dict(
    name="toy",
    command="make refresh PAGE=training/toy",
    seed=0,
    versions={"python": "3.11"},
    machine={"cpu": "x", "cores": 2, "accelerator": None, "ram_gb": 8},
    configuration={"d_model": 8},
    tokenizer={"kind": "bytes", "vocab_size": 256},
    corpus={"name": "toy", "train_bytes": 9, "validation_bytes": 1, "split": "last tenth"},
    parameters=10,
    tokens=100,
    flops=6000.0,
    flops_source="formula",
    seconds=1.0,
    peak_memory_mb=100.0,
    energy={
        "kwh": 1e-6,
        "tier": "assumed",
        "method": "4 W",
        "by_tier": {"measured": None, "modelled": None, "assumed": 1e-6},
    },
    losses={"validation_nats_per_token": 1.0, "validation_bits_per_byte": 1.4},
)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "OWN", tmp_path / "_build" / "runs")
    monkeypatch.setattr(records, "COMMITTED", tmp_path / "data" / "runs")
    monkeypatch.setattr(records, "BUILD", tmp_path / "_build")
    for name in ("A2E_REFRESH", "A2E_COMMITTED_RUNS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_property_a_saved_record_reads_back_the_same(tmp_path):
    record = RunRecord(**GOOD)
    assert read_record(record.save(tmp_path)) == record


def test_property_a_readers_run_stays_out_of_data(folders, monkeypatch, capsys):
    assert RunRecord(**GOOD).save().parent == folders / "_build" / "runs"
    monkeypatch.setenv("A2E_REFRESH", "1")
    assert RunRecord(**GOOD | {"seed": 1}).save().parent == folders / "data" / "runs"
    assert load_record("toy").seed == 1
    monkeypatch.delenv("A2E_REFRESH")
    assert load_record("toy").seed == 0
    assert "your own run" in capsys.readouterr().out
    monkeypatch.setenv("A2E_COMMITTED_RUNS", "1")
    assert load_record("toy").seed == 1


def test_edge_unknown_run_names_those_there_are(folders):
    RunRecord(**GOOD).save(folders / "data" / "runs")
    with pytest.raises(ValueError, match="name='other' is no committed run: there is toy"):
        load_record("other")
    with pytest.raises(ValueError, match=r"name='../runs/toy' becomes a file name"):
        load_record("../runs/toy")


def test_property_a_record_is_utf_8_whatever_the_locale(tmp_path):
    path = RunRecord(**GOOD | {"flops_source": "6 × N × D"}).save(tmp_path)
    code = (
        "import sys; from a2e.training.records import *; "
        "print(ascii(read_record(Path(sys.argv[1])).flops_source))"
    )
    locale = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run = subprocess.run([sys.executable, "-c", code, path], env=locale, capture_output=True, text=True)
    assert run.stdout == ascii("6 × N × D") + "\n"
    assert "6 × N × D" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema": 2}, "schema=2 is unknown"),
        ({"seconds": -1.0}, "seconds=-1.0 must be positive"),
        ({"tokens": 0}, "tokens=0 must be positive"),
        ({"energy": {"kwh": 1}}, "energy holds"),
        ({"energy": GOOD["energy"] | {"tier": "guessed"}}, "energy tier 'guessed' must be one of measured"),
        ({"energy": GOOD["energy"] | {"kwh": -1}}, "kwh=-1 must be finite and not negative"),
        ({"energy": GOOD["energy"] | {"kwh": float("nan")}}, "kwh=nan must be finite"),
        ({"energy": GOOD["energy"] | {"by_tier": {"measured": None}}}, "by_tier holds .'measured'.: it must"),
        ({"energy": GOOD["energy"] | {"by_tier": dict.fromkeys(records.TIERS, -1.0)}}, "measured=-1.0"),
        ({"losses": {}}, "losses holds"),
        ({"losses": dict.fromkeys(GOOD["losses"], float("nan"))}, "nats_per_token=nan must be finite"),
        ({"losses": dict.fromkeys(GOOD["losses"], -1.0)}, "nats_per_token=-1.0 must be finite and not"),
        ({"flops": float("inf")}, "flops=inf must be positive and finite"),
        ({"seconds": float("inf")}, "seconds=inf must be positive and finite"),
        ({"name": "../toy"}, "name='../toy' becomes a file name: take a-z"),
        ({"name": "Toy"}, "name='Toy' becomes a file name"),
        ({"name": ""}, "name='' becomes a file name"),
        ({"machine": {"cpu": "x"}}, "machine holds"),
        ({"corpus": {"name": "x"}}, "corpus holds"),
    ],
)
def test_edge_a_record_that_breaks_the_contract_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        RunRecord(**GOOD | change)


def test_edge_a_file_that_is_no_record_is_refused(tmp_path):
    for text in ("{", json.dumps({"name": "x"}), json.dumps(GOOD | {"more": 1})):
        path = tmp_path / "x.json"
        path.write_text(text)
        with pytest.raises(ValueError, match="is not a run record"):
            read_record(path)


def test_property_reading_a_record_needs_no_torch():
    code = "import sys, a2e.training.records; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_property_committed_runs_keep_the_contract():
    paths = sorted((records.DATA / "runs").glob("*.json"))
    assert paths
    for path in paths:
        record = read_record(path)
        assert record.name == path.stem
        assert record.command.startswith("make refresh")
        assert record.machine["cores"] >= 1
        assert set(record.energy["by_tier"]) == {"measured", "modelled", "assumed"}
        ratio = record.losses["validation_nats_per_token"] / record.losses["validation_bits_per_byte"]
        assert 0 < ratio < 20
