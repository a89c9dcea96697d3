import math

import pytest
import torch
from a2e.objectives.causal import cross_entropy, shift
from a2e.training.loop import autocast, evaluate, random_windows, train, windows
from a2e.training.optimizers import AdamW
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder
from hypothesis import given, settings
from hypothesis import strategies as st

SIZES = Configuration(vocab_size=7, d_model=16, n_layers=1, n_heads=2, d_ff=32, max_length=8)
CYCLE = torch.arange(7).repeat(30)


def make(seed=0, lr=0.01, dropout=0.0):
    torch.manual_seed(seed)
    model = Decoder(Configuration(**SIZES.__dict__ | {"dropout": dropout}))
    return model, AdamW(model.parameters(), lr=lr)


def loss_of(model, generator):
    def compute_loss():
        inputs, targets = shift(random_windows(CYCLE, 4, 8, generator))
        return cross_entropy(model(inputs), targets)

    return compute_loss


def run(steps=40, **settings):
    model, optimizer = make()
    draw = torch.Generator().manual_seed(0)
    return model, train(model, loss_of(model, draw), [optimizer], steps=steps, progress=False, **settings)


def test_oracle_train_is_the_plain_loop_of_torch():
    model, history = run(steps=5, clip=0.5)
    plain, _ = make()
    optimizer = torch.optim.AdamW(plain.parameters(), lr=0.01)
    compute_loss = loss_of(plain, torch.Generator().manual_seed(0))
    for seen in history.losses:
        loss = compute_loss()
        assert seen == pytest.approx(loss.item(), abs=1e-5)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), 0.5)
        optimizer.step()
    for a, b in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-3)


def test_property_a_cycle_is_learned():
    model, history = run(steps=120)
    assert history.losses[0] == pytest.approx(math.log(7), abs=0.2)
    # only the first token of a window cannot be known, and its successor can
    assert evaluate(model, CYCLE, 8) < 0.1


def test_property_the_same_seed_gives_the_same_run():
    assert run()[1].losses == run()[1].losses


def test_property_the_schedule_sets_the_rate_and_gives_it_back():
    model, optimizer = make(lr=0.2)
    seen = []
    draw = torch.Generator().manual_seed(0)
    train(
        model, loss_of(model, draw), [optimizer], steps=4, schedule=lambda step: step / 4, progress=False,
        every=1, callback=lambda step: seen.append(optimizer.param_groups[0]["lr"]),
    )  # fmt: skip
    assert seen == pytest.approx([0.2, 0.0, 0.05, 0.1, 0.2])
    assert optimizer.param_groups[0]["lr"] == 0.2


def test_property_the_callback_sees_a_model_without_dropout_and_training_goes_on_with_it():
    model, optimizer = make(dropout=0.5)
    modes = []
    draw = torch.Generator().manual_seed(0)

    def compute_loss():
        modes.append(model.training)
        return loss_of(model, draw)()

    def look(step):
        modes.append(model.training)

    train(model, compute_loss, [optimizer], steps=4, every=2, callback=look, progress=False)
    assert modes == [False, True, True, False, True, True, False]
    assert not model.training


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


@pytest.mark.parametrize("k", [2, 4])
def test_equivalence_micro_batches_with_their_loss_divided_add_up_to_one_batchs_gradient(k):
    model, _ = make()
    inputs, targets = shift(random_windows(CYCLE, 8, 6, torch.Generator().manual_seed(2)))
    cross_entropy(model(inputs), targets).backward()
    whole = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    for few, wanted in zip(inputs.chunk(k), targets.chunk(k), strict=True):
        (cross_entropy(model(few), wanted) / k).backward()
    assert max(gradient.abs().max() for gradient in whole) > 0.01
    for parameter, gradient in zip(model.parameters(), whole, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, atol=1e-6, rtol=1e-4)


class Watched(AdamW):
    """Notes the norm of the gradient that each step uses."""

    def step(self, closure=None):
        gradients = [p.grad.flatten() for group in self.param_groups for p in group["params"]]
        self.norms = [*getattr(self, "norms", []), torch.cat(gradients).norm().item()]
        super().step(closure)


@pytest.mark.parametrize("clip", [None, 0.1])
def test_property_the_gradient_is_clipped_before_the_step(clip):
    model, _ = make()
    optimizer, draw = Watched(model.parameters(), lr=0.01), torch.Generator().manual_seed(0)
    history = train(model, loss_of(model, draw), [optimizer], steps=5, clip=clip, progress=False)
    assert min(history.gradient_norms) > 0.1, "nothing to clip"
    used = history.gradient_norms if clip is None else [clip] * 5
    assert optimizer.norms == pytest.approx(used, rel=1e-4)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_edge_a_loss_that_is_not_finite_stops_the_run_before_it_reaches_the_weights(bad):
    model, optimizer = make()
    compute_loss, calls = loss_of(model, torch.Generator().manual_seed(0)), []

    def breaks():
        calls.append([parameter.detach().clone() for parameter in model.parameters()])
        return compute_loss() * (bad if len(calls) == 3 else 1.0)

    with pytest.raises(ValueError, match=f"compute_loss gave {bad} at step=2: lower the learning rate"):
        train(model, breaks, [optimizer], steps=9, progress=False)
    assert len(calls) == 3
    for parameter, before in zip(model.parameters(), calls[-1], strict=True):
        assert torch.equal(parameter, before)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"clip": 0.0}, "clip=0.0 must be above 0: take None"),
        ({"clip": -1.0}, "clip=-1.0 must be above 0"),
        ({"clip": math.nan}, "clip=nan must be above 0"),
        ({"optimizers": []}, r"optimizers=\[\] would train nothing"),
        ({"every": -1, "callback": print}, "every=-1 must be 0"),
        ({"every": 2}, "every=2 was given with no callback: give both"),
        ({"callback": print}, "every=0 was given with a callback: give both"),
    ],
)
def test_edge_bad_settings_are_refused(change, sentence):
    model, optimizer = make()
    settings = {"compute_loss": lambda: torch.tensor(0.0), "optimizers": [optimizer], "steps": 1}
    with pytest.raises(ValueError, match=sentence):
        train(model, **settings | change)


@pytest.mark.parametrize(("length", "batch"), [(0, 1), (-1, 1), (1, 0), (1, -3)])
def test_edge_empty_windows_are_refused(length, batch):
    model, _ = make()
    sentence = f"length={length} must" if length < 1 else f"batch={batch} must"
    with pytest.raises(ValueError, match=sentence):
        list(windows(CYCLE, length, batch))
    with pytest.raises(ValueError, match=sentence):
        evaluate(model, CYCLE, length, batch=batch)
    with pytest.raises(ValueError, match=sentence):
        random_windows(CYCLE, batch, length, torch.Generator())


def test_edge_evaluate_restores_the_mode_when_the_model_fails():
    model, _ = make()
    model.train()
    with pytest.raises(ValueError, match="the model knows 0 to 6"):
        evaluate(model, CYCLE + 1, 8)
    assert model.training


def test_edge_bad_input_is_refused():
    model, optimizer = make()
    with pytest.raises(ValueError, match="steps=0 must be at least 1"):
        train(model, lambda: torch.tensor(0.0), [optimizer], steps=0)
    with pytest.raises(ValueError, match="precision='fp8' is unknown"):
        autocast("fp8")
    with pytest.raises(ValueError, match="tokens holds 3, and one window takes length"):
        random_windows(torch.arange(3), 1, 4, torch.Generator())
    with pytest.raises(ValueError, match="tokens holds 1"):
        evaluate(model, torch.tensor([1]), 8)
