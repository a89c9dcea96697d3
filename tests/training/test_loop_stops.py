"""What train refuses, and what it leaves behind when it fails or is interrupted."""

import math

import pytest
import torch
from a2e.training.loop import train
from a2e.training.optimizers import AdamW
from torch import nn

from tests.training.tiny import CYCLE, Watched, loss_of, make


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_edge_a_loss_that_is_not_finite_stops_the_run_before_it_reaches_the_weights(bad):
    model, optimizer = make()
    compute_loss, calls = loss_of(model, torch.Generator().manual_seed(0)), []

    def breaks():
        calls.append([parameter.detach().clone() for parameter in model.parameters()])
        return compute_loss() * (bad if len(calls) == 3 else 1.0)

    with pytest.raises(ValueError, match=rf"compute_loss\(\) is {bad}, its .* norm .*: lower the rate"):
        train(model, breaks, [optimizer], steps=9, progress=False)
    assert len(calls) == 3
    for parameter, before in zip(model.parameters(), calls[-1], strict=True):
        assert torch.equal(parameter, before)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"clip": 0.0}, "clip is 0.0: give a finite number above 0"),
        ({"clip": math.nan}, "clip is nan: give a finite number"),
        ({"steps": 0}, "steps is 0: give a whole number of at least 1"),
        ({"precision": "fp8"}, "precision is 'fp8': give one of 'fp32', 'bf16'"),
        ({"optimizers": []}, r"optimizers is \[\]: give model's parameters, each to one"),
        ({"every": 0, "callback": print}, "every is 0: give a whole number of at least 1"),
        ({"every": 1.5, "callback": print}, "every is 1.5: give a whole number of at least 1"),
        ({"compute_loss": lambda: 0.5}, r"compute_loss\(\) is 0.5: return one number that depends on"),
        ({"compute_loss": lambda: torch.tensor(0.5)}, r"compute_loss\(\) is a float32 tensor of shape \(\)"),
        ({"compute_loss": lambda: make()[0](CYCLE[None, :4])}, r"\(1, 4, 7\): return one number"),
        ({"compute_loss": lambda: make()[0](CYCLE[None, :4]).sum()}, "return one number that depends on"),
    ],
)
def test_edge_bad_settings_are_refused(change, sentence):
    model, optimizer = make()
    settings = {"compute_loss": lambda: torch.tensor(0.0), "optimizers": [optimizer], "steps": 1}
    with pytest.raises(ValueError, match=sentence):
        train(model, **settings | change)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, "1", None])
def test_edge_a_schedule_without_a_factor_is_refused_before_the_step(bad):
    model, optimizer = make()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    compute_loss = loss_of(model, torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match=rf"schedule\(0\) is {bad!r}: return a finite factor of at least 0"):
        train(model, compute_loss, [optimizer], steps=1, schedule=lambda step: bad, progress=False)
    assert all(map(torch.equal, before, model.parameters()))


def test_edge_a_gradient_that_is_not_finite_stops_the_run_before_it_reaches_the_weights():
    model, optimizer = make()
    compute_loss, before = loss_of(model, torch.Generator().manual_seed(0)), []

    def breaks():
        # the root of zero has a finite value and an infinite slope
        before.append([parameter.detach().clone() for parameter in model.parameters()])
        return compute_loss() + (model.norm.bias * (0 if len(before) == 2 else 1) + 0).abs().sum().sqrt()

    model.norm.bias.data.fill_(0.1)
    with pytest.raises(ValueError, match=r"compute_loss\(\) is \d.*, its gradient's norm nan: lower"):
        train(model, breaks, [optimizer], steps=5, progress=False)
    assert len(before) == 2
    assert all(map(torch.equal, before[-1], model.parameters()))


STOPS = [
    (stop, where)
    for stop in (KeyboardInterrupt, ValueError)
    for where in ("compute_loss", "callback", "last callback")
]


@pytest.mark.parametrize(("stop", "where"), [*STOPS, ("nan", "compute_loss")])
def test_edge_a_stopped_run_leaves_rates_modes_and_gradients_as_they_were(stop, where):
    model, optimizer = make(lr=0.1)
    model.train()
    model.blocks[0].eval()  # a reader froze one part
    modes = [module.training for module in model.modules()]
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 3.0)
    gradients = [parameter.grad for parameter in model.parameters()]
    compute_loss, calls = loss_of(model, torch.Generator().manual_seed(0)), []

    def stops():
        calls.append(0)
        if where == "compute_loss" and len(calls) == 4:
            if stop == "nan":
                return compute_loss() * math.nan
            raise stop("stopped")
        return compute_loss()

    def look(step):
        if (where, step) in (("callback", 2), ("last callback", 5)):
            raise stop("stopped")

    with pytest.raises(ValueError if stop == "nan" else stop):
        train(
            model, stops, [optimizer], steps=5, schedule=lambda step: 0.5**step, callback=look, progress=False
        )
    assert optimizer.param_groups[0]["lr"] == 0.1
    assert [module.training for module in model.modules()] == modes
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        assert parameter.grad is gradient and (gradient == 3.0).all()


def test_edge_a_run_that_fails_after_two_steps_leaves_no_gradient_where_there_was_none():
    model, optimizer = make()
    compute_loss, calls = loss_of(model, torch.Generator().manual_seed(0)), []

    def fails():
        calls.append([parameter.grad for parameter in model.parameters()])
        return compute_loss() * (math.nan if len(calls) == 3 else 1.0)

    with pytest.raises(ValueError, match=r"compute_loss\(\) is nan"):
        train(model, fails, [optimizer], steps=4, progress=False)
    assert len(calls) == 3
    assert all(parameter.grad is None for parameter in model.parameters())


def test_property_a_run_that_was_interrupted_goes_on_at_the_full_rate():
    model, _ = make()
    compute_loss = loss_of(model, torch.Generator().manual_seed(0))

    class Interrupted(Watched):
        def step(self, closure=None):
            super().step(closure)
            if len(self.rates) == 3:
                raise KeyboardInterrupt

    optimizer = Interrupted(model.parameters(), lr=0.1)
    with pytest.raises(KeyboardInterrupt):
        train(model, compute_loss, [optimizer], steps=4, schedule=lambda step: 1 - step / 4, progress=False)
    train(model, compute_loss, [optimizer], steps=1, schedule=lambda step: 1.0, progress=False)
    assert optimizer.rates == pytest.approx([0.1, 0.075, 0.05, 0.1])


def test_edge_optimizers_that_do_not_fit_the_model_are_refused():
    model, optimizer = make()
    foreign = make(seed=1)[1]
    compute_loss = loss_of(model, torch.Generator())
    for optimizers, names in [
        ([foreign], "'an AdamW'"),
        ([optimizer, foreign], "'an AdamW', 'an AdamW'"),
        ([optimizer, AdamW([model.norm.bias])], "'an AdamW', 'an AdamW'"),
        ([optimizer, optimizer], "'an AdamW', 'an AdamW'"),
    ]:
        with pytest.raises(ValueError, match=rf"optimizers is \[{names}\]: give model's parameters, each"):
            train(model, compute_loss, optimizers, steps=1, progress=False)
    frozen = AdamW(model.parameters())
    model.requires_grad_(False)
    with pytest.raises(ValueError, match=r"optimizers is .*: give model's parameters, each"):
        train(model, compute_loss, [frozen], steps=1, progress=False)


@pytest.mark.parametrize("parts", [1, 2])
def test_edge_a_loss_that_calls_backward_is_refused(parts):
    model = nn.Linear(2, 1)

    def compute_loss():
        loss = model(torch.ones(3, 2)).square().mean() / parts
        loss.backward(retain_graph=True)
        return loss

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"compute_loss is .*backward\(\): leave that to train"):
        train(model, compute_loss, [optimizer], steps=2, progress=False)


def test_property_a_loss_that_looks_in_evaluation_mode_trains_the_next_step_in_training_mode():
    model, modes = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5)), []

    def compute_loss():
        modes.append(model.training)
        loss = model(torch.ones(3, 2)).square().mean()
        model.eval()
        return loss

    train(model, compute_loss, [torch.optim.SGD(model.parameters(), lr=0.1)], steps=3, progress=False)
    assert modes == [True, True, True]
