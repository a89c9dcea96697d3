import dataclasses
import subprocess
import sys
from typing import Any

import pytest
from a2e.transformer.configurations import GPT3_175B, Configuration

GOOD: dict[str, Any] = dict(vocab_size=10, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=4)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"d_model": 9}, "d_model=9 is not divisible by n_heads=2: take d_model=8 or 10"),
        ({"d_model": 1}, "take d_model=2"),
        ({"vocab_size": 0}, "vocab_size=0 must be at least 1"),
        ({"n_layers": -1}, "n_layers=-1 must be at least 1"),
        ({"positions": "alibi"}, "positions='alibi' is unknown: take one of rotary, learned"),
        ({"d_model": 6}, "d_model / n_heads = 3 is odd"),
        ({"activation": "swish"}, "activation='swish' is unknown"),
        ({"dropout": 1.0}, "dropout=1.0 must lie in"),
        ({"d_model": 8.0}, "d_model=8.0 must be a whole number"),
        ({"n_layers": 2.5}, "n_layers=2.5 must be a whole number"),
        ({"vocab_size": float("nan")}, "vocab_size=nan must be a whole number"),
        ({"n_layers": True}, "n_layers=True must be a whole number"),
        ({"n_segments": 1.5}, "n_segments=1.5 must be a whole number"),
        ({"norm_eps": 0.0}, "norm_eps=0.0 must be positive and finite"),
        ({"norm_eps": float("nan")}, "norm_eps=nan must be positive and finite"),
        ({"norm_eps": float("inf")}, "norm_eps=inf must be positive and finite"),
        ({"n_segments": -2}, "n_segments=-2"),
    ],
)
def test_edge_impossible_sizes_are_refused_with_what_to_change(change, sentence):
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(")):
        Configuration(**GOOD | change)


def test_edge_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        GPT3_175B.d_model = 1  # type: ignore[misc]


def test_property_configurations_and_scale_need_no_torch():
    code = "import sys, a2e.transformer.configurations, a2e.scale.flops; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
