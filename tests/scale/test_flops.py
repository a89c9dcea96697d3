import pytest
import torch
from a2e.scale.flops import decoder_training_flops, forward_flops, parameter_count, training_flops
from a2e.transformer.configurations import GPT3_175B, Configuration
from a2e.transformer.models import Decoder
from torch.utils.flop_counter import FlopCounterMode

SHAPES = [
    Configuration(vocab_size=50, d_model=16, n_layers=2, n_heads=4, d_ff=64, max_length=32),
    Configuration(
        vocab_size=9, d_model=12, n_layers=3, n_heads=2, d_ff=20, max_length=8, positions="learned"
    ),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_oracle_flops_equal_torchs_counter(shape):
    model, batch = Decoder(shape), 3
    tokens = torch.randint(shape.vocab_size, (batch, shape.max_length))
    with FlopCounterMode(display=False) as forward:
        logits = model(tokens)
    assert forward.get_total_flops() == batch * forward_flops(shape, shape.max_length)
    with FlopCounterMode(display=False) as both:
        model(tokens).logsumexp(-1).sum().backward()
    assert both.get_total_flops() == decoder_training_flops(shape, tokens.numel())
    assert logits.shape[-1] == shape.vocab_size


@pytest.mark.parametrize("shape", SHAPES)
def test_oracle_parameter_count_equals_the_models(shape):
    assert parameter_count(shape) == sum(p.numel() for p in Decoder(shape).parameters())


def test_oracle_gpt3_parameters_and_flops_match_the_paper():
    # Brown et al. 2020, Table D.1: 174,600 M parameters, 3.14e23 FLOPs for 300 B tokens
    assert parameter_count(GPT3_175B) == pytest.approx(174.6e9, rel=0.001)
    assert training_flops(174.6e9, 300e9) == pytest.approx(3.14e23, rel=0.002)
    # attention's own products add what 6ND leaves out: 2.7 % here
    assert decoder_training_flops(GPT3_175B, 300e9) / 3.14e23 == pytest.approx(1.03, abs=0.01)


def test_property_a_longer_context_costs_more_per_token():
    shape = SHAPES[0]
    short, long = (decoder_training_flops(shape, 1000, length) for length in (8, 32))
    assert long > short > 0


def test_edge_bad_input_is_refused():
    with pytest.raises(ValueError, match="tokens=-1"):
        training_flops(1.0, -1.0)
    with pytest.raises(ValueError, match="parameters=inf"):
        training_flops(float("inf"), 1.0)
    with pytest.raises(ValueError, match="tokens=-5 must be finite and not negative"):
        decoder_training_flops(SHAPES[0], -5)
    with pytest.raises(ValueError, match="tokens=inf must be finite"):
        decoder_training_flops(SHAPES[0], float("inf"))
    with pytest.raises(ValueError, match=r"length=2.5 must be a whole number of tokens"):
        forward_flops(SHAPES[0], 2.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="length=33 must lie between 1 and the model's max_length=32"):
        forward_flops(SHAPES[0], 33)
