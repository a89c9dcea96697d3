import math
from typing import Any

import pytest
import torch
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder, Encoder, MaskedLanguageModel

TINY: dict[str, Any] = dict(vocab_size=11, d_model=8, n_layers=2, n_heads=2, d_ff=16, max_length=6)


def test_oracle_decoder_matches_hugging_face_gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    ours: Any = Decoder(Configuration(**TINY, positions="learned", activation="gelu_tanh")).eval()
    shape = GPT2Config(
        vocab_size=11,
        n_positions=6,
        n_embd=8,
        n_layer=2,
        n_head=2,
        n_inner=16,
        bos_token_id=0,
        eos_token_id=0,
    )
    theirs: Any = GPT2LMHeadModel(shape).eval()
    body = theirs.transformer
    pairs = [(ours.embedding, body.wte), (ours.positions.table, body.wpe), (ours.norm, body.ln_f)]
    for block, other in zip(ours.blocks, body.h, strict=True):
        pairs += [(block.attention_norm, other.ln_1), (block.feed_forward_norm, other.ln_2)]
        columns = other.attn.c_attn.weight.chunk(3, dim=1), other.attn.c_attn.bias.chunk(3)
        projections = (block.attention.query, block.attention.key, block.attention.value)
        with torch.no_grad():
            for linear, weight, bias in zip(projections, *columns, strict=True):
                linear.weight.copy_(weight.T)
                linear.bias.copy_(bias)
            for linear, conv in (
                (block.attention.output, other.attn.c_proj),
                (block.feed_forward.up, other.mlp.c_fc),
                (block.feed_forward.down, other.mlp.c_proj),
            ):
                linear.weight.copy_(conv.weight.T)
                linear.bias.copy_(conv.bias)
    for mine, other in pairs:
        mine.load_state_dict(other.state_dict())
    tokens = torch.randint(11, (3, 6))
    torch.testing.assert_close(ours(tokens), theirs(tokens).logits, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("positions", ["rotary", "learned"])
def test_equivalence_a_decoder_cannot_see_the_future(positions):
    torch.manual_seed(0)
    model, tokens = Decoder(Configuration(**TINY, positions=positions)).eval(), torch.randint(11, (1, 6))
    changed = tokens.clone()
    changed[0, 4] = (changed[0, 4] + 1) % 11
    before, after = model(tokens), model(changed)
    torch.testing.assert_close(before[:, :4], after[:, :4])
    assert (before[:, 4:] - after[:, 4:]).abs().amax(-1).min() > 1e-4


def test_equivalence_an_encoder_sees_both_ways():
    torch.manual_seed(0)
    model, tokens = Encoder(Configuration(**TINY)).eval(), torch.randint(11, (1, 6))
    changed = tokens.clone()
    changed[0, 4] = (changed[0, 4] + 1) % 11
    assert (model(tokens) - model(changed)).abs().amax(-1).min() > 1e-4


def test_equivalence_padding_changes_nothing():
    torch.manual_seed(0)
    model = MaskedLanguageModel(Configuration(**TINY, positions="learned", n_segments=2)).eval()
    tokens = torch.tensor([[1, 2, 3, 0, 0]])
    present = torch.tensor([[True, True, True, False, False]])
    torch.testing.assert_close(model(tokens, present=present)[:, :3], model(tokens[:, :3]))


def test_equivalence_batch_rows_do_not_mix():
    torch.manual_seed(0)
    model, tokens = Decoder(Configuration(**TINY)).eval(), torch.randint(11, (4, 6))
    torch.testing.assert_close(model(tokens)[2:3], model(tokens[2:3]))


def test_property_an_untrained_decoder_guesses_evenly():
    torch.manual_seed(0)
    c = Configuration(vocab_size=500, d_model=64, n_layers=2, n_heads=4, d_ff=128, max_length=32)
    tokens = torch.randint(500, (8, 33))
    loss = torch.nn.functional.cross_entropy(
        Decoder(c)(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten()
    )
    assert loss.item() == pytest.approx(math.log(500), abs=0.1)


def test_property_blocks_have_their_own_parameters():
    one, two = (
        sum(p.numel() for p in Decoder(Configuration(**TINY | {"n_layers": n})).parameters()) for n in (1, 2)
    )
    three = sum(p.numel() for p in Decoder(Configuration(**TINY | {"n_layers": 3})).parameters())
    assert three - two == two - one > 0


def test_property_dropout_is_off_in_evaluation():
    torch.manual_seed(0)
    model, tokens = Decoder(Configuration(**TINY, dropout=0.5)), torch.randint(11, (1, 6))
    assert not torch.equal(model(tokens), model(tokens))
    model.eval()
    assert torch.equal(model(tokens), model(tokens))


def test_edge_segments_change_the_encoding_and_need_a_table():
    torch.manual_seed(0)
    tokens, segments = torch.randint(11, (1, 6)), torch.tensor([[0, 0, 0, 1, 1, 1]])
    model = Encoder(Configuration(**TINY, n_segments=2)).eval()
    assert not torch.allclose(model(tokens), model(tokens, segments))
    with pytest.raises(ValueError, match="segments is from 0 to 1: give none, as there is none"):
        Encoder(Configuration(**TINY))(tokens, segments)


def test_edge_a_vocabulary_of_one_and_a_single_token():
    model = Decoder(Configuration(**TINY | {"vocab_size": 1}))
    assert model(torch.zeros(1, 1, dtype=torch.long)).shape == (1, 1, 1)


@pytest.mark.parametrize("kind", [Decoder, Encoder, MaskedLanguageModel])
def test_edge_bad_tokens_are_refused_in_one_sentence(kind):
    model = kind(Configuration(**TINY))
    for dtype in (torch.float32, torch.bool):
        with pytest.raises(
            ValueError, match=r"tokens is a .*: give an integer tensor of shape \(batch, time\)"
        ):
            model(torch.ones(1, 3, dtype=dtype))
    for shape in ((3,), (1, 1, 3)):
        with pytest.raises(
            ValueError, match=r"tokens is .*: give an integer tensor of shape \(batch, time\)"
        ):
            model(torch.ones(shape, dtype=torch.long))
    with pytest.raises(ValueError, match="tokens is 0 long: give 1 to max_length=6"):
        model(torch.zeros(1, 0, dtype=torch.long))
    with pytest.raises(ValueError, match="tokens is 7 long: give 1 to max_length=6"):
        model(torch.zeros(1, 7, dtype=torch.long))
    with pytest.raises(ValueError, match="tokens is from 0 to 11: give ids from 0 to 10"):
        model(torch.tensor([[0, 11]]))
    with pytest.raises(ValueError, match="tokens is from -1 to 3: give ids from 0 to 10"):
        model(torch.tensor([[-1, 3]]))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"segments": torch.zeros(1, 3, dtype=torch.long)},
            r"segments is .* \(1, 3\): give .* as tokens has shape \(2, 3\)",
        ),
        ({"segments": torch.zeros(2, 3)}, "segments is a float32 tensor"),
        ({"segments": torch.tensor([[0, 1, 2]] * 2)}, "segments is from 0 to 2: give ids from 0 to 1"),
        ({"segments": torch.tensor([[0, -1, 1]] * 2)}, "segments is from -1 to 1"),
        (
            {"present": torch.ones(2, 4, dtype=torch.bool)},
            r"present is .* \(2, 4\): give .* as tokens has shape \(2, 3\)",
        ),
        (
            {"present": torch.ones(1, 3, dtype=torch.bool)},
            r"present is .* \(1, 3\): give .* as tokens has shape \(2, 3\)",
        ),
        ({"present": torch.ones(2, 3)}, "present is a float32 tensor .*: give a boolean tensor"),
    ],
)
def test_edge_segments_and_padding_that_do_not_fit_are_refused(given, sentence):
    model = Encoder(Configuration(**TINY, n_segments=2))
    with pytest.raises(ValueError, match=sentence):
        model(torch.ones(2, 3, dtype=torch.long), **given)


def test_edge_a_decoder_has_no_segments():
    with pytest.raises(ValueError, match="n_segments is 2: give 0 to a Decoder, or take an Encoder"):
        Decoder(Configuration(**TINY, n_segments=2))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.uint16])
def test_equivalence_tokens_of_any_integer_type(dtype):
    torch.manual_seed(0)
    tokens, segments = torch.tensor([[1, 10, 0, 3]]), torch.tensor([[0, 1, 1, 0]])
    decoder, encoder = Decoder(Configuration(**TINY)), Encoder(Configuration(**TINY, n_segments=2))
    assert torch.equal(decoder(tokens.to(dtype)), decoder(tokens))
    assert torch.equal(encoder(tokens.to(dtype), segments.to(dtype)), encoder(tokens, segments))
    assert torch.equal(encoder(tokens.to(dtype)), encoder(tokens))
