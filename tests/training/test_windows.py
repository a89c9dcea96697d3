"""The windows that a text is read in, and evaluate, which reads it in them."""

import math

import pytest
import torch
from a2e.objectives.causal import cross_entropy, shift
from a2e.training.loop import autocast, evaluate, evaluating, random_windows, windows
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.tiny import CYCLE, make, run


def test_equivalence_evaluate_is_the_mean_over_every_token_once():
    model, _ = run(steps=3)
    tokens, total, count = CYCLE[:21], 0.0, 0
    for start in range(0, 20, 8):
        inputs, targets = shift(tokens[start : start + 9])
        total += cross_entropy(model(inputs[None])[0], targets).item() * len(targets)
        count += len(targets)
    assert count == 20
    assert evaluate(model, tokens, 8) == pytest.approx(total / 20, abs=1e-5)
    assert evaluate(model, tokens, 8, batch=1) == pytest.approx(evaluate(model, tokens, 8, batch=9), abs=1e-5)


def test_property_evaluate_leaves_the_mode_as_it_was():
    model, _ = make(dropout=0.5)
    model.train()
    assert evaluate(model, CYCLE, 8) == evaluate(model, CYCLE, 8)
    assert model.training


@settings(max_examples=50, deadline=None)
@given(n=st.integers(2, 60), length=st.integers(1, 20), batch=st.integers(1, 5))
def test_property_windows_predict_each_token_but_the_first_once(n, length, batch):
    predicted = [
        token for rows in windows(torch.arange(n), length, batch) for row in rows for token in row[1:]
    ]
    assert predicted == list(range(1, n))


def test_property_random_windows_reach_both_ends():
    tokens, draw = torch.arange(12), torch.Generator().manual_seed(0)
    drawn = random_windows(tokens, 500, 4, draw)
    assert drawn.min() == 0 and drawn.max() == 11
    assert (drawn.diff(dim=1) == 1).all()


@pytest.mark.parametrize(("length", "batch"), [(0, 1), (-1, 1), (1, 0), (1, -3), (2.5, 1)])
def test_edge_empty_windows_are_refused_at_the_call(length, batch):
    model, _ = make()
    sentence = f"length is {length}: give" if batch == 1 else f"batch is {batch}: give"
    with pytest.raises(ValueError, match=sentence):
        windows(CYCLE, length, batch)
    with pytest.raises(ValueError, match=sentence):
        evaluate(model, CYCLE, length, batch=batch)
    with pytest.raises(ValueError, match=sentence):
        random_windows(CYCLE, batch, length, torch.Generator())


def test_edge_windows_of_too_few_tokens():
    assert windows(torch.arange(1), 2, 2) == windows(torch.arange(0), 2, 2) == []
    assert [part.tolist() for part in windows(torch.arange(3), 5, 2)] == [[[0, 1, 2]]]


@pytest.mark.parametrize("tokens", [torch.rand(9), torch.zeros(3, 9, dtype=torch.long), [1, 2, 3], None])
def test_edge_tokens_that_are_no_row_of_integers_are_refused(tokens):
    model, _ = make()
    for call in (
        lambda: windows(tokens, 2, 2),
        lambda: random_windows(tokens, 2, 2, torch.Generator()),
        lambda: evaluate(model, tokens, 4),
    ):
        with pytest.raises(ValueError, match=r"tokens is .*: give an integer tensor of shape \(n\)"):
            call()


def test_property_evaluating_gives_each_module_its_mode_back():
    model, _ = make(dropout=0.5)
    model.train()
    model.blocks[0].eval()
    modes = [module.training for module in model.modules()]
    with evaluating(model):
        assert not any(module.training for module in model.modules())
    assert [module.training for module in model.modules()] == modes and len(set(modes)) == 2


def test_edge_only_a_model_can_be_evaluated():
    with pytest.raises(ValueError, match="model is None: give a Module"), evaluating(None):  # type: ignore[arg-type]
        pass


def test_edge_evaluate_restores_the_mode_when_the_model_fails():
    model, _ = make()
    model.train()
    with pytest.raises(ValueError, match="tokens is from 1 to 7"):
        evaluate(model, CYCLE + 1, 8)
    assert model.training


def test_edge_bad_input_is_refused():
    model, _ = make()
    with pytest.raises(ValueError, match="precision is 'fp8': give one of 'fp32', 'bf16'"):
        autocast("fp8", model)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"tokens is 4 long: give at least length \+ 1 = 5"):
        random_windows(torch.arange(4), 1, 4, torch.Generator())
    assert random_windows(torch.arange(5), 1, 4, torch.Generator()).tolist() == [[0, 1, 2, 3, 4]]
    with pytest.raises(ValueError, match="generator is None: give a Generator"):
        random_windows(torch.arange(9), 1, 4, None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tokens is 1 long: give 2 or more"):
        evaluate(model, torch.tensor([1]), 8)
    model.norm.bias.data.fill_(math.nan)
    with pytest.raises(ValueError, match="model is a Decoder with a loss of nan: give one of finite weights"):
        evaluate(model, CYCLE, 8)
