import math
import sys

import pytest
import torch
import torch.nn.functional as F
from a2e.objectives.causal import (
    bits_per_byte,
    cross_entropy,
    log_likelihood,
    log_probability,
    perplexity,
    shift,
)
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder, MaskedLanguageModel
from hypothesis import given
from hypothesis import strategies as st


def bigram(vocab: int = 7, seed: int = 0):
    """A causal model without a network: the logits after a token are a row of a table."""
    table = torch.randn(vocab, vocab, generator=torch.Generator().manual_seed(seed))
    return lambda tokens: table[tokens]


def transformer(kind=Decoder):
    torch.manual_seed(0)
    configuration = Configuration(7, d_model=16, n_layers=2, n_heads=2, d_ff=32, max_length=12)
    return kind(configuration).eval()


def one_by_one(model, tokens):
    """The loss of each beginning's last prediction, every beginning in a pass of its own."""
    losses = [cross_entropy(model(tokens[:, :t])[:, -1], tokens[:, t]) for t in range(1, tokens.shape[1])]
    return torch.stack(losses).mean()


def example(dtype=torch.float32, ignored=True):
    generator = torch.Generator().manual_seed(1)
    logits = (4 * torch.randn(3, 5, 11, generator=generator)).to(dtype).requires_grad_()
    targets = torch.randint(11, (3, 5), generator=generator)
    if ignored:
        targets[0, 3:] = targets[2, 1] = -100
    return logits, targets


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_oracle_cross_entropy_matches_torch(dtype, ignored):
    logits, targets = example(dtype, ignored)
    expected = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    assert torch.allclose(cross_entropy(logits, targets), expected, rtol=1e-6)
    ours, theirs = (
        torch.autograd.grad(loss, logits)[0] for loss in (cross_entropy(logits, targets), expected)
    )
    assert torch.allclose(ours, theirs, atol=1e-7)


def test_oracle_gradient_is_softmax_minus_one_hot():
    logits, targets = example(torch.float64)
    (gradient,) = torch.autograd.grad(cross_entropy(logits, targets), logits)
    keep = targets != -100
    expected = (logits.softmax(-1) - F.one_hot(targets.where(keep, 0), 11)) * keep.unsqueeze(-1) / keep.sum()
    assert torch.allclose(gradient, expected)


def test_oracle_bfloat16_logits_are_summed_in_float32():
    logits = torch.zeros(2, 4096, dtype=torch.bfloat16)
    assert cross_entropy(logits, torch.tensor([0, 9])).item() == pytest.approx(math.log(4096), rel=1e-6)


def test_oracle_log_likelihood_matches_product_of_table_entries():
    model, tokens = bigram(), torch.tensor([2, 5, 5, 0])
    rows = model(torch.arange(7)).softmax(-1)
    product = rows[2, 5] * rows[5, 5] * rows[5, 0]
    assert log_likelihood(model, tokens).item() == pytest.approx(math.log(product), rel=1e-5)


def test_equivalence_log_likelihood_is_minus_loss_times_count():
    model, tokens = bigram(), torch.randint(7, (4, 9), generator=torch.Generator().manual_seed(3))
    inputs, targets = shift(tokens)
    loss = cross_entropy(model(inputs), targets)
    assert log_likelihood(model, tokens).sum().item() == pytest.approx(
        -loss.item() * targets.numel(), rel=1e-5
    )


def test_equivalence_one_pass_of_a_decoder_equals_token_by_token():
    model, tokens = transformer(), torch.randint(7, (3, 10), generator=torch.Generator().manual_seed(3))
    inputs, targets = shift(tokens)
    assert torch.allclose(cross_entropy(model(inputs), targets), one_by_one(model, tokens), atol=1e-5)


def test_equivalence_fails_for_a_model_without_causal_mask():
    model, tokens = (
        transformer(MaskedLanguageModel),
        torch.randint(7, (3, 10), generator=torch.Generator().manual_seed(3)),
    )
    inputs, targets = shift(tokens)
    assert not torch.allclose(cross_entropy(model(inputs), targets), one_by_one(model, tokens), atol=1e-5)


def test_property_sentence_probabilities_of_a_decoder_sum_to_one():
    sequences = torch.cartesian_prod(torch.tensor([1]), *[torch.arange(7)] * 3)
    with torch.no_grad():
        assert log_likelihood(transformer(), sequences).exp().sum().item() == pytest.approx(1, abs=1e-4)


def test_equivalence_batch_of_sequences_equals_one_by_one():
    model, tokens = bigram(), torch.randint(7, (4, 9), generator=torch.Generator().manual_seed(3))
    assert torch.allclose(
        log_likelihood(model, tokens), torch.stack([log_likelihood(model, t) for t in tokens])
    )
    assert log_likelihood(model, tokens.reshape(2, 2, 9)).shape == (2, 2)


def test_property_probabilities_of_all_continuations_sum_to_one():
    model = bigram(vocab=3)
    sequences = torch.cartesian_prod(torch.tensor([1]), *[torch.arange(3)] * 4)
    assert log_likelihood(model, sequences).exp().sum().item() == pytest.approx(1, abs=1e-5)


@given(st.integers(2, 12), st.integers(1, 3), st.integers(-50, 50))
def test_property_loss_ignores_a_constant_added_to_the_logits(vocab, batch, constant):
    logits = torch.randn(batch, 4, vocab, generator=torch.Generator().manual_seed(vocab))
    targets = torch.zeros(batch, 4, dtype=torch.long)
    assert torch.allclose(
        cross_entropy(logits, targets), cross_entropy(logits + constant, targets), atol=1e-4
    )


@given(st.lists(st.integers(0, 9), min_size=2, max_size=20))
def test_property_shift_targets_are_the_next_inputs(tokens):
    inputs, targets = shift(torch.tensor(tokens))
    assert inputs.tolist() + tokens[-1:] == tokens and tokens[:1] + targets.tolist() == tokens


def test_property_ignored_positions_change_neither_sum_nor_count():
    logits, targets = example()
    keep = targets != -100
    assert torch.allclose(cross_entropy(logits, targets), cross_entropy(logits[keep], targets[keep]))
    changed = torch.where(keep.unsqueeze(-1), logits, logits + torch.arange(11.0))
    assert torch.equal(cross_entropy(changed, targets), cross_entropy(logits, targets))


def test_property_another_ignore_index():
    logits, targets = example(ignored=False)
    theirs = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=int(targets[0, 0]))
    assert torch.allclose(cross_entropy(logits, targets, ignore_index=int(targets[0, 0])), theirs)


@given(st.floats(0, 8), st.integers(1, 1000), st.integers(1, 5))
def test_property_bits_per_byte_does_not_depend_on_how_text_is_cut(nats_per_byte, tokens, bytes_per_token):
    per_token = nats_per_byte * bytes_per_token
    ours = bits_per_byte(per_token, tokens, tokens * bytes_per_token)
    assert ours == pytest.approx(nats_per_byte / math.log(2), abs=1e-9)


def test_property_uniform_guess_has_the_perplexity_of_its_vocabulary():
    loss = cross_entropy(torch.zeros(6, 50), torch.arange(6)).item()
    assert perplexity(loss) == pytest.approx(50, rel=1e-5)
    assert bits_per_byte(cross_entropy(torch.zeros(9, 256), torch.arange(9)).item(), 9, 9) == pytest.approx(8)


def test_edge_huge_logits_do_not_overflow():
    loss = cross_entropy(torch.tensor([[1e4, -1e4], [-1e4, 1e4]]), torch.tensor([0, 1]))
    assert loss.item() == 0


def test_edge_vocabulary_of_one_and_a_single_position():
    assert cross_entropy(torch.tensor([[3.0]]), torch.tensor([0])).item() == 0
    assert cross_entropy(torch.tensor([0.0, 0.0]), torch.tensor(1)).item() == pytest.approx(math.log(2))


def test_edge_a_perplexity_beyond_a_float_is_infinite():
    largest = math.log(sys.float_info.max)                                  # 709.78
    assert perplexity(709.5) == pytest.approx(1.3549863e308, rel=1e-6)
    assert perplexity(math.nextafter(largest, 0)) < math.inf
    assert perplexity(709.8) == perplexity(800) == perplexity(math.inf) == math.inf


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.uint16])
def test_equivalence_targets_of_any_integer_type(dtype):
    """In unsigned 8 bits -100, which marks what does not count, would be 156, a byte of every “."""
    logits, targets = torch.randn(4, 300), torch.tensor([156, 156, 1, 2])
    expected = F.cross_entropy(logits, targets)
    torch.testing.assert_close(cross_entropy(logits, targets.to(dtype)), expected)


def swapped(tokens):
    """Return logits as a model that puts time before the batch would."""
    return torch.zeros(*tokens.T.shape, 4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: shift(torch.tensor([4])), "long: give 2 or more"),
        (lambda: shift(torch.zeros(3, 1, dtype=torch.long)), "long: give 2 or more"),
        (
            lambda: cross_entropy(torch.zeros(2, 3, 5), torch.zeros(2, 4, dtype=torch.long)),
            r"targets is .*: give .* as logits has shape \(2, 3, 5\)",
        ),
        (
            lambda: cross_entropy(torch.zeros(2, 3, 5), torch.zeros(3, dtype=torch.long)),
            r"targets is .*: give .* as logits has shape \(2, 3, 5\)",
        ),
        (
            lambda: cross_entropy(torch.zeros(2, 5), torch.full((2,), -100)),
            "targets is ignore_index=-100 everywhere",
        ),
        (
            lambda: cross_entropy(torch.zeros(0, 5), torch.zeros(0, dtype=torch.long)),
            "targets is ignore_index=-100 everywhere",
        ),
        (lambda: cross_entropy(torch.zeros(2, 5), torch.tensor([0, 5])), "give ids from 0 to 4"),
        (lambda: cross_entropy(torch.zeros(2, 5), torch.tensor([0, -1])), "give ids from 0 to 4"),
        (lambda: log_likelihood(bigram(), torch.tensor([1])), "long: give 2 or more"),
        (lambda: cross_entropy(torch.zeros(2, 5), torch.tensor([0.0, 1.5])), "targets is a float32 tensor"),
        (lambda: cross_entropy(torch.zeros(2, 5), torch.tensor([True, False])), "targets is a bool tensor"),
        (
            lambda: log_probability(torch.zeros(2, 5), torch.tensor([0, 1, 2])),
            r"targets is .*: give .* as logits has shape \(2, 5\)",
        ),
        (
            lambda: log_probability(torch.zeros(2, 5), torch.tensor([0])),
            r"targets is .*: give .* as logits has shape \(2, 5\)",
        ),
        (lambda: log_probability(torch.zeros(2, 5), torch.tensor([0, 5])), "targets is from 0 to 5"),
        (lambda: log_probability(torch.zeros(2, 5), torch.tensor([-100, 1])), "targets is from -100 to 1"),
        (lambda: log_probability(torch.zeros(2, 5), torch.tensor([0.0, 1.0])), "targets is a float32 tensor"),
        (lambda: bits_per_byte(math.nan, 1, 1), "nats_per_token is nan"),
        (lambda: bits_per_byte(1.0, math.nan, 1), "tokens is nan"),  # type: ignore[arg-type]
        (lambda: bits_per_byte(1.0, 1, math.nan), "bytes is nan"),  # type: ignore[arg-type]
        (lambda: shift(torch.tensor([[1.0, 2.0]])), "tokens is a float32 tensor"),
        (
            lambda: cross_entropy(torch.zeros(2, 5), torch.tensor([0, 1]), 1.5),  # type: ignore[arg-type]
            r"ignore_index is 1\.5",
        ),
        (lambda: log_likelihood(lambda t: torch.zeros(1, 4, 3), torch.ones(2, 3).long()), "model"),
        (
            lambda: log_likelihood(swapped, torch.tensor([[1, 2, 3]] * 3)),
            r"model.tokens. is .* \(2, 3, 4\)",
        ),
        (lambda: perplexity(-0.1), "nats_per_token is -0.1"),
        (lambda: perplexity(math.nan), "nats_per_token is nan"),
        (lambda: bits_per_byte(-1.0, 1, 1), "nats_per_token is -1"),
        (lambda: bits_per_byte(1.0, 0, 1), "tokens is 0"),
        (lambda: bits_per_byte(1.0, 1, 0), "bytes is 0"),
    ],
)
def test_edge_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_property_logits_of_16_bits_are_summed_in_32(dtype):
    """The sum over 70,000 equal logits passes the largest number of 16 bits, and the loss its digits."""
    loss = cross_entropy(torch.zeros(2, 70_000, dtype=dtype), torch.tensor([0, 69_999]))
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(math.log(70_000), rel=1e-6)


def test_equivalence_a_likelihood_of_any_batch_is_that_of_each_sequence():
    tokens = torch.randint(4, (2, 3, 5), generator=torch.Generator().manual_seed(0))
    scores = torch.randn(4, 4, generator=torch.Generator().manual_seed(1))
    together = log_likelihood(lambda inputs: scores[inputs], tokens)
    alone = [[log_likelihood(lambda inputs: scores[inputs], row) for row in rows] for rows in tokens]
    torch.testing.assert_close(together, torch.tensor(alone))
