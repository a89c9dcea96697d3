"""What is written over a good record, and what is not."""

import math

import numpy as np
import pytest
from a2e.training.records import RunRecord, read_record

from tests.training.test_records import GOOD


@pytest.mark.parametrize(
    ("field", "change", "sentence"),
    [
        ("losses", {"more": 1.0}, "losses is .*: give validation_nats_per_token"),
        ("machine", {"cores": 0}, "machine cores is 0: give a whole number"),
        ("energy", {"kwh": 5.0}, "kwh is 5.0: give the modelled one"),
        ("configuration", {"rate": math.nan}, "configuration rate is nan: give finite numbers"),
        ("tokenizer", {"x": object()}, "tokenizer x is an object: give finite numbers"),
    ],
)
def test_edge_a_record_changed_for_the_worse_replaces_no_good_one(tmp_path, field, change, sentence):
    record = RunRecord(**GOOD)
    path = record.save(tmp_path)
    getattr(record, field).update(change)
    with pytest.raises(ValueError, match=sentence):
        record.save(tmp_path)
    assert read_record(path) == RunRecord(**GOOD) and list(tmp_path.iterdir()) == [path]


def test_edge_a_write_that_is_cut_off_leaves_the_old_file(tmp_path, monkeypatch):
    path = RunRecord(**GOOD).save(tmp_path)
    write = type(path).write_text

    def cut_off(self, text, **options):
        write(self, text[:20], **options)
        raise OSError("no space left on device")

    monkeypatch.setattr(type(path), "write_text", cut_off)
    with pytest.raises(OSError, match="no space left"):
        RunRecord(**GOOD | {"seed": 1}).save(tmp_path)
    assert read_record(path).seed == 0 and list(tmp_path.iterdir()) == [path]


def test_property_numbers_put_into_a_record_later_are_saved_as_pythons_own(tmp_path):
    record = RunRecord(**GOOD)
    record.configuration["d_model"] = np.int64(16)
    assert read_record(record.save(tmp_path)).configuration == {"d_model": 16}
