import math
import re
from typing import Any

import pytest
import torch
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder, Encoder, MaskedLanguageModel

TINY: dict[str, Any] = dict(vocab_size=11, d_model=8, n_layers=2, n_heads=2, d_ff=16, max_length=6)


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


KINDS = {"embedding", "positions.table", "segments", "transform", "feed_forward.up"}
KINDS |= {f"attention.{name}" for name in ("query", "key", "value")}
ADDED = {"attention.output", "feed_forward.down"}
"""What is added to the stream is divided by the root of the number of additions, two a block."""


@pytest.mark.parametrize(("n_layers", "added"), [(2, 0.01), (8, 0.005)])
@pytest.mark.parametrize("kind", [Decoder, MaskedLanguageModel])
def test_oracle_each_kind_of_weight_starts_with_the_spread_of_gpt2(kind, n_layers, added):
    """Radford et al. 2019, sec. 2.3; 0.02 as in Hugging Face's GPT-2 and BERT, positions included."""
    torch.manual_seed(0)
    sizes: dict[str, Any] = {} if kind is Decoder else {"n_segments": 9}
    c = Configuration(500, 48, n_layers, 4, 96, max_length=90, positions="learned", **sizes)
    seen = set()
    for name, weight in kind(c).named_parameters():
        if weight.dim() == 1:
            continue
        seen.add(short := re.sub(r"^encoder\.|blocks\.\d+\.|\.weight$", "", name))
        spread, error = added if short in ADDED else 0.02, weight.numel() ** -0.5
        assert weight.std().item() == pytest.approx(spread, rel=5 * error / 2**0.5), name
        assert weight.mean().item() == pytest.approx(0, abs=5 * error * spread), name
    assert seen == (KINDS | ADDED) - ({"segments", "transform"} if kind is Decoder else set())


@pytest.mark.parametrize("kind", [Decoder, Encoder, MaskedLanguageModel])
def test_oracle_norms_start_at_one_and_biases_at_zero(kind):
    torch.manual_seed(0)
    vectors = {name: p for name, p in kind(Configuration(**TINY)).named_parameters() if p.dim() == 1}
    assert len(vectors) >= 20
    for name, vector in vectors.items():
        assert torch.equal(vector, torch.full_like(vector, float(name.endswith("norm.weight")))), name


def added(n_layers):
    """Return the standard deviation of what all blocks of a fresh model add to the stream."""
    torch.manual_seed(0)
    model: Any = Decoder(Configuration(50, 64, n_layers, 4, 256, max_length=32))
    seen: list[torch.Tensor] = []
    hooks = [
        block.register_forward_hook(lambda _, given, out: seen.extend((given[0], out)))
        for block in (model.blocks[0], model.blocks[-1])
    ]
    model(torch.randint(50, (8, 32)))
    for hook in hooks:
        hook.remove()
    return (seen[-1] - seen[0]).std().item()


def test_property_a_deeper_stack_adds_no_more_to_the_stream_at_the_start():
    assert [added(4), added(16)] == pytest.approx([added(1)] * 2, rel=0.1)
