import pytest
import torch
from a2e.scale.flops import decoder_training_flops, forward_flops, parameter_count, training_flops
from a2e.transformer.configurations import GPT3_175B, Configuration
from a2e.transformer.models import Decoder, Encoder, MaskedLanguageModel
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

SHAPES = [
    Configuration(vocab_size=50, d_model=16, n_layers=2, n_heads=4, d_ff=64, max_length=32),
    Configuration(
        vocab_size=9, d_model=12, n_layers=3, n_heads=2, d_ff=20, max_length=8, positions="learned"
    ),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("length", [None, 5])
def test_oracle_flops_equal_torchs_counter(shape, length):
    model, batch, read = Decoder(shape), 3, length or shape.max_length
    tokens = torch.randint(shape.vocab_size, (batch, read))
    with FlopCounterMode(display=False) as forward:
        logits = model(tokens)
    assert forward.get_total_flops() == batch * forward_flops(shape, read)
    with FlopCounterMode(display=False) as both:
        model(tokens).logsumexp(-1).sum().backward()
    assert both.get_total_flops() == decoder_training_flops(shape, tokens.numel(), length)
    assert logits.shape[-1] == shape.vocab_size


CLASSES = {"decoder": Decoder, "encoder": Encoder, "masked": MaskedLanguageModel}


@st.composite
def configurations(draw):
    """Any small configuration that can be built."""
    heads, half = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    sizes = {name: draw(st.integers(1, 7)) for name in ("vocab_size", "n_layers", "d_ff", "max_length")}
    return Configuration(
        **sizes, n_heads=heads, d_model=2 * heads * half,
        positions=draw(st.sampled_from(["rotary", "learned"])),
        norm_first=draw(st.booleans()), n_segments=draw(st.integers(0, 3)),
    )  # fmt: skip


@given(shape=configurations(), name=st.sampled_from(list(CLASSES)))
@settings(deadline=None, max_examples=150)
def test_property_parameter_count_equals_the_models_with_any_configuration(shape, name):
    if name == "decoder" and shape.n_segments:
        for refused in (Decoder, parameter_count):
            with pytest.raises(ValueError, match="n_segments"):
                refused(shape)
        return
    model = CLASSES[name](shape)
    assert parameter_count(shape, name) == sum(p.numel() for p in model.parameters())


@given(shape=configurations(), name=st.sampled_from(list(CLASSES)), data=st.data())
@settings(deadline=None, max_examples=60)
def test_property_forward_flops_equal_torchs_counter_with_any_configuration(shape, name, data):
    if name == "decoder" and shape.n_segments:
        with pytest.raises(ValueError, match="model is 'decoder' with n_segments"):
            forward_flops(shape, 1)
        return
    length = data.draw(st.integers(1, shape.max_length))
    with FlopCounterMode(display=False) as counter:
        CLASSES[name](shape)(torch.zeros(1, length, dtype=torch.long))
    assert counter.get_total_flops() == forward_flops(shape, length, name)


def test_oracle_bert_base_has_the_published_number_of_parameters():
    bert = Configuration(
        vocab_size=30522, d_model=768, n_layers=12, n_heads=12, d_ff=3072, max_length=512,
        positions="learned", norm_first=False, n_segments=2,
    )  # fmt: skip
    pooler = 768 * 768 + 768
    assert parameter_count(bert, "encoder") + pooler == 109_482_240  # bert-base-uncased, as published


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


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: training_flops(1.0, -1.0), "tokens is -1.0: give a finite number of at least 0"),
        (lambda: training_flops(float("inf"), 1.0), "parameters is inf: give a finite number"),
        (lambda: training_flops(True, 1), "parameters is True: give a finite number"),
        (lambda: training_flops(1e200, 1e200), r"parameters is 1e\+200 and tokens is .*: give"),
        (lambda: decoder_training_flops(SHAPES[0], -5), "tokens is -5: give a finite number of at least 0"),
        (lambda: decoder_training_flops(SHAPES[0], float("inf")), "tokens is inf: give a finite number"),
        (lambda: decoder_training_flops(SHAPES[0], 1e308), r"tokens is 1e\+308: give fewer"),
        (lambda: decoder_training_flops(SHAPES[0], 1, 33), "length is 33: give at most 32"),
        (lambda: forward_flops(SHAPES[0], 2.5), "length is 2.5: give a whole number of at least 1"),  # type: ignore[arg-type]
        (lambda: forward_flops(SHAPES[0], True), "length is True: give a whole number"),
        (lambda: forward_flops(SHAPES[0], 33), "length is 33: give at most 32, the max_length"),
        (lambda: forward_flops(SHAPES[0], 3, "bert"), "model is 'bert': give one of 'decoder', 'enc"),  # type: ignore[arg-type]
        (lambda: parameter_count(None), "configuration is None: give a Configuration"),  # type: ignore[arg-type]
    ],
)
def test_edge_bad_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
