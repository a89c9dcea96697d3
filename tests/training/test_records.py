import json
import math
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
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
        "kwh_p05": 2e-7,
        "kwh_p95": 5e-6,
        "tier": "assumed",
        "way": "modelled",
        "method": "4 W",
        "by_way": {"measured": None, "modelled": 1e-6, "assumed": 2e-6},
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


def test_property_numbers_of_numpy_and_torch_are_saved_as_pythons_own(tmp_path):
    change: dict[str, Any] = {
        "seed": np.int64(3),
        "tokens": np.int32(5),
        "flops": np.float32(6000.5),
        "machine": GOOD["machine"] | {"cores": np.int64(2), "ram_gb": np.float32(8.5)},
        "energy": GOOD["energy"] | {"kwh_p95": np.float64(5e-6)},
        "configuration": {"d_model": np.int64(8), "rates": (np.float32(0.5), 2), "clip": torch.tensor(0.25)},
    }
    record = RunRecord(**GOOD | change)
    again = read_record(record.save(tmp_path))
    assert again == record
    assert (record.seed, record.tokens, record.flops, record.machine["ram_gb"]) == (3, 5, 6000.5, 8.5)
    assert record.configuration == {"d_model": 8, "rates": [0.5, 2], "clip": 0.25}
    numbers = [record.seed, record.tokens, record.flops, *record.configuration["rates"]]
    assert {type(value) for value in [*numbers, *record.machine.values()]} <= {int, float, str, type(None)}


def test_property_a_record_keeps_what_it_was_given():
    versions = {"python": "3.11"}
    record = RunRecord(**GOOD | {"versions": versions})
    versions["python"] = "2"
    assert record.versions == {"python": "3.11"}


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


@pytest.mark.parametrize("folder", ["_build", "data"])
def test_edge_a_file_that_holds_another_run_is_refused(folders, folder, capsys):
    path = RunRecord(**GOOD).save(folders / folder / "runs")
    path.rename(path.with_name("other.json"))
    with pytest.raises(ValueError, match=r"name is .other.: rename other\.json to toy\.json, the run"):
        load_record("other")


def test_edge_unknown_run_names_those_there_are(folders):
    RunRecord(**GOOD).save(folders / "data" / "runs")
    with pytest.raises(ValueError, match="name is 'other': give a committed run, toy"):
        load_record("other")
    with pytest.raises(ValueError, match=r"name is '../runs/toy': give a-z, 0-9"):
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


def energy(**change):
    return {"energy": GOOD["energy"] | change}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema": 2}, "schema is 2: give 1, the version that this library reads"),
        ({"seed": None}, "seed is None: give a whole number"),
        ({"configuration": None}, "configuration is None: give a dict"),
        ({"parameters": 0}, "parameters is 0: give a whole number of at least 1"),
        ({"tokens": 0}, "tokens is 0: give a whole number of at least 1"),
        ({"tokens": 1.5}, "tokens is 1.5: give a whole number of at least 1"),
        ({"flops": "x"}, "flops is 'x': give a finite number above 0"),
        ({"flops": float("inf")}, "flops is inf: give a finite number above 0"),
        ({"seconds": -1.0}, "seconds is -1.0: give a finite number above 0"),
        ({"seconds": float("inf")}, "seconds is inf: give a finite number above 0"),
        ({"peak_memory_mb": 0}, "peak_memory_mb is 0: give a finite number above 0"),
        (
            {"energy": {"kwh": 1}},
            r"energy is \['kwh'\]: give kwh, kwh_p05, kwh_p95, tier, way, method, by_way",
        ),
        (energy(tier="guessed"), "tier is 'guessed': give one of measured, modelled, assumed"),
        (energy(way="guessed"), "way is 'guessed': give one with a number in by_way, modelled or assumed"),
        (energy(kwh=-1), "kwh is -1: give a finite number of at least 0"),
        (energy(kwh=None), "kwh is None: give a finite number of at least 0"),
        (energy(kwh=True), "kwh is True: give a finite number of at least 0"),
        (energy(kwh=float("nan")), "kwh is nan: give a finite number of at least 0"),
        (energy(kwh_p95="many"), "kwh_p95 is 'many': give a finite number of at least 0"),
        (energy(kwh=5.0), "kwh is 5.0: give the modelled one, 1e-06, as way says"),
        (energy(way="measured", tier="measured"), "way is 'measured': give one with a number in by_way"),
        (energy(by_way=dict.fromkeys(records.WAYS)), "by_way is {.*}: give a number for at least one way"),
        (energy(kwh_p05=2e-6), "kwh is 1e-06: give one from kwh_p05, 2e-06, to kwh_p95, 5e-06"),
        (energy(kwh_p95=5e-7), "kwh is 1e-06: give one from kwh_p05, 2e-07, to kwh_p95, 5e-07"),
        (energy(by_way={"measured": None}), r"by_way is \['measured'\]: give measured, modelled, assumed"),
        (energy(by_way=None), "by_way is None: give measured, modelled, assumed"),
        (energy(by_way=dict.fromkeys(records.WAYS, -1.0)), "by_way measured is -1.0: give a finite number"),
        ({"losses": {}}, r"losses is \[\]: give validation_nats_per_token, validation_bits_per_byte"),
        (
            {"losses": dict.fromkeys(GOOD["losses"], float("nan"))},
            "validation_nats_per_token is nan: give a fin",
        ),
        ({"losses": dict.fromkeys(GOOD["losses"], -1.0)}, "validation_nats_per_token is -1.0: give a finite"),
        (
            {"losses": dict.fromkeys(GOOD["losses"], "low")},
            "validation_nats_per_token is 'low': give a finite",
        ),
        ({"name": "../toy"}, "name is '../toy': give a-z, 0-9 and hyphens only, as it becomes a file name"),
        ({"name": "Toy"}, "name is 'Toy': give a-z"),
        ({"name": ""}, "name is '': give a text that is not empty"),
        ({"command": ""}, "command is '': give a text that is not empty"),
        ({"machine": {"cpu": "x"}}, r"machine is \['cpu'\]: give cpu, cores, accelerator, ram_gb"),
        ({"machine": GOOD["machine"] | {"cores": -3}}, "machine cores is -3: give a whole number"),
        ({"machine": GOOD["machine"] | {"ram_gb": "lots"}}, "machine ram_gb is 'lots': give a finite number"),
        ({"machine": GOOD["machine"] | {"ram_gb": 0}}, "machine ram_gb is 0: give a finite number above 0"),
        ({"machine": GOOD["machine"] | {"cpu": ""}}, "machine cpu is '': give a text"),
        ({"machine": GOOD["machine"] | {"accelerator": 1}}, "machine accelerator is 1: give a text"),
        ({"corpus": GOOD["corpus"] | {"train_bytes": -5}}, "corpus train_bytes is -5: give a whole number"),
        ({"corpus": GOOD["corpus"] | {"validation_bytes": 0.5}}, "corpus validation_bytes is 0.5: give"),
        ({"corpus": GOOD["corpus"] | {"split": None}}, "corpus split is None: give a text"),
        (energy(method=None), "energy method is None: give a text"),
        ({"versions": {"a": "1", "b": 3}}, r"versions is .*: give a dict from a text to a text"),
        ({"versions": {"a": "1", 3: "b"}}, r"versions is .*: give a dict from a text to a text"),
        ({"configuration": {"a": [1, {2}]}}, r"configuration a is \{2\}: give finite numbers, texts"),
        ({"configuration": {"a": {"b": math.nan}}}, "configuration a b is nan: give finite numbers"),
        ({"tokenizer": {"kind": object()}}, "tokenizer kind is an object: give finite numbers"),
        ({"tokenizer": {"a": {1: 2}}}, r"tokenizer a is \{1: 2\}: give texts as its keys"),
        ({"corpus": {"name": "x"}}, r"corpus is \['name'\]: give name, train_bytes"),
    ],
)
def test_edge_a_record_that_breaks_the_contract_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        RunRecord(**GOOD | change)


def test_edge_a_file_that_is_no_record_is_refused(tmp_path):
    for text in ("{", json.dumps({"name": "x"}), json.dumps(GOOD | {"more": 1})):
        path = tmp_path / "x.json"
        path.write_text(text)
        with pytest.raises(ValueError, match=r"path is '.*x\.json': give a run record"):
            read_record(path)
    with pytest.raises(ValueError, match=r"path is '.*none.json': give a file that can be read"):
        read_record(tmp_path / "none.json")


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
        assert set(record.energy["by_way"]) == {"measured", "modelled", "assumed"}
        ratio = record.losses["validation_nats_per_token"] / record.losses["validation_bits_per_byte"]
        assert 0 < ratio < 20


def test_oracle_memory_of_this_machine_in_bytes_of_ten_to_the_nine():
    import psutil

    assert records.this_machine()["ram_gb"] == round(psutil.virtual_memory().total / 1e9)


class Cuda:
    def __init__(self, count):
        self.device_count = lambda: count
        self.is_available = lambda: count > 0
        self.get_device_name = lambda index: "NVIDIA H100 80GB HBM3"


@pytest.mark.parametrize(
    ("gpus", "mps", "name"),
    [
        (0, False, None),
        (1, False, "NVIDIA H100 80GB HBM3"),
        (8, False, "8 × NVIDIA H100 80GB HBM3"),
        (0, True, "Apple GPU (MPS)"),
    ],
)
def test_property_the_accelerator_is_the_one_that_torch_can_use(monkeypatch, gpus, mps, name):
    backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=Cuda(gpus), backends=backends))
    assert records.this_machine()["accelerator"] == name


def test_property_a_machine_is_described_without_loading_torch():
    code = (
        "import sys; from a2e.training.records import this_machine; "
        "sys.exit(this_machine()['accelerator'] is not None or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_edge_versions_of_a_package_that_is_not_there_are_refused():
    with pytest.raises(
        ValueError, match=r"packages is \('a', 'numpy'\): give installed ones, which a is not"
    ):
        records.these_versions(("a", "numpy"))
