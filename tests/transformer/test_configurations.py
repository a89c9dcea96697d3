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
        ({"d_model": 9}, "d_model is 9, which n_heads=2 does not divide: take 8 or 10"),
        ({"d_model": 1}, "take 2, or"),
        ({"vocab_size": 0}, "vocab_size is 0: give a whole number of at least 1"),
        ({"n_layers": -1}, "n_layers is -1: give a whole number of at least 1"),
        ({"positions": "alibi"}, "positions is 'alibi': give one of 'rotary', 'learned'"),
        ({"d_model": 6}, "d_model / n_heads is 3"),
        ({"activation": "swish"}, "activation is 'swish': give one of 'gelu', 'gelu_tanh', 'relu'"),
        ({"dropout": 1.0}, "dropout is 1.0: give a number from 0 to 1, 1 itself left out"),
        ({"d_model": 8.0}, "d_model is 8.0: give a whole number"),
        ({"n_layers": 2.5}, "n_layers is 2.5: give a whole number"),
        ({"vocab_size": float("nan")}, "vocab_size is nan: give a whole number"),
        ({"n_layers": True}, "n_layers is True: give a whole number"),
        ({"n_segments": 1.5}, "n_segments is 1.5: give a whole number"),
        ({"norm_eps": 0.0}, "norm_eps is 0.0: give a finite number above 0"),
        ({"norm_eps": float("nan")}, "norm_eps is nan: give"),
        ({"norm_eps": float("inf")}, "norm_eps is inf: give"),
        ({"n_segments": -2}, "n_segments is -2: give a whole number of at least 0"),
        ({"norm_first": "no"}, "norm_first is 'no': give True or False"),
        ({"norm_first": 0}, "norm_first is 0: give True or False"),
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


def test_gpt3_has_the_sizes_that_brown_et_al_print():
    """Brown et al. 2020, Table 2.1 and the sentence below it: a context of 2,048 tokens."""
    printed = (GPT3_175B.n_layers, GPT3_175B.d_model, GPT3_175B.n_heads, GPT3_175B.d_head)
    assert (*printed, GPT3_175B.max_length) == (96, 12288, 96, 128, 2048)
