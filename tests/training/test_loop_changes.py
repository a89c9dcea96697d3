"""What train does with parameters that are frozen, or change while it runs, and how it counts its time."""

import pytest
import torch
from a2e.training import loop
from a2e.training.loop import evaluating, train
from a2e.training.optimizers import AdamW
from torch import nn

from tests.training import tiny
from tests.training.tiny import make


def decoder():
    return make()[0]


def loss_of(model):
    return tiny.loss_of(model, torch.Generator().manual_seed(0))


def moved(model, before):
    return {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


def copied(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("kind", [AdamW, torch.optim.AdamW])
def test_property_a_frozen_parameter_stays_whatever_gradient_it_had(kind):
    model = decoder()
    model.norm.weight.grad = torch.full_like(model.norm.weight, 3.0)
    model.norm.weight.requires_grad_(False)
    before = copied(model)
    train(model, loss_of(model), [kind(model.parameters(), lr=0.1)], steps=2, progress=False)
    assert moved(model, before) == set(before) - {"norm.weight"}


@pytest.mark.parametrize("stop_at", [1, 2])
def test_edge_a_stopped_run_gives_a_frozen_parameter_its_old_gradient_back(stop_at):
    model, calls = decoder(), []
    compute_loss = loss_of(model)
    gradients = [torch.full_like(parameter, 3.0) for parameter in model.parameters()]
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        parameter.grad = gradient
    model.norm.weight.requires_grad_(False)

    def stops():
        calls.append(0)
        if len(calls) == stop_at:
            raise KeyboardInterrupt
        return compute_loss()

    with pytest.raises(KeyboardInterrupt):
        train(model, stops, [AdamW(model.parameters())], steps=3, progress=False)
    assert all(p.grad is gradient for p, gradient in zip(model.parameters(), gradients, strict=True))


def test_property_what_the_callback_freezes_or_unfreezes_counts_from_the_next_step_on():
    model, at = decoder(), {}
    model.norm.bias.requires_grad_(False)

    def look(step):
        at[step] = copied(model)
        if step == 1:
            model.norm.bias.requires_grad_(True)
            model.norm.weight.requires_grad_(False)

    train(model, loss_of(model), [AdamW(model.parameters(), lr=0.1)], steps=3, callback=look, progress=False)
    names = set(at[0])
    for one, other, still in ((0, 1, "norm.bias"), (1, 2, "norm.weight"), (2, 3, "norm.weight")):
        assert {n for n in names if torch.equal(at[one][n], at[other][n])} == {still}


def test_property_a_group_that_the_callback_adds_is_trained_at_its_part_of_its_own_rate():
    model, at = decoder(), {}
    optimizer = AdamW([model.norm.bias], lr=0.1, weight_decay=0.0)

    def look(step):
        at[step] = model.norm.weight.detach().clone()
        if step == 1:
            optimizer.add_param_group({"params": [model.norm.weight], "lr": 0.4})

    train(
        model, loss_of(model), [optimizer], steps=2, schedule=lambda step: 0.5, callback=look, progress=False
    )
    assert torch.equal(at[0], at[1])
    # the first step of AdamW has the size of its rate in each direction
    torch.testing.assert_close((at[2] - at[1]).abs(), torch.full((16,), 0.2), rtol=1e-3, atol=0.0)
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.4]


@pytest.mark.parametrize("clip", [None, 0.1])
def test_oracle_seconds_are_those_of_the_steps_and_not_of_the_callback(monkeypatch, clip):
    model, clock = decoder(), [0.0]
    compute_loss = loss_of(model)
    monkeypatch.setattr(loop.time, "perf_counter", lambda: clock[0])

    def takes_two_seconds():
        clock[0] += 2.0
        return compute_loss()

    def takes_a_hundred(step):
        clock[0] += 100.0

    history = train(
        model, takes_two_seconds, [AdamW(model.parameters())], steps=3, clip=clip, callback=takes_a_hundred,
        progress=False,
    )  # fmt: skip
    assert history.seconds == 6.0


def test_edge_a_model_that_fails_on_its_way_into_evaluation_has_its_modes_back():
    class Stubborn(nn.Linear):
        def train(self, mode=True):
            if not mode:
                raise RuntimeError("not me")
            return super().train(mode)

    model = nn.Sequential(nn.Dropout(), Stubborn(2, 2))
    with pytest.raises(RuntimeError, match="not me"), evaluating(model):
        pass
    assert all(module.training for module in model.modules())
