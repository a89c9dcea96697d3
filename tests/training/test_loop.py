"""What a run of train computes: steps, rates, modes and gradients."""

import math

import pytest
import torch
from a2e.objectives.causal import cross_entropy, shift
from a2e.training.loop import evaluate, random_windows, train
from a2e.training.optimizers import AdamW

from tests.training.tiny import CYCLE, Watched, loss_of, make, run


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
    model, _ = make()
    between, draw = [], torch.Generator().manual_seed(0)
    optimizer = Watched(model.parameters(), lr=0.2)
    train(
        model, loss_of(model, draw), [optimizer], steps=4, schedule=lambda step: step / 4, progress=False,
        callback=lambda step: between.append(optimizer.param_groups[0]["lr"]),
    )  # fmt: skip
    assert optimizer.rates == pytest.approx([0.0, 0.05, 0.1, 0.15])
    assert between == [0.2] * 5, "what is saved in between goes on at a part of the rate"
    assert optimizer.param_groups[0]["lr"] == 0.2


def test_oracle_without_a_schedule_a_scheduler_of_torchs_sets_the_rate():
    model, _ = make()
    optimizer, draw = Watched(model.parameters(), lr=0.2), torch.Generator().manual_seed(0)
    halve = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    train(
        model, loss_of(model, draw), [optimizer], steps=4, progress=False,
        callback=lambda step: halve.step() if step else None,
    )  # fmt: skip
    assert optimizer.rates == pytest.approx([0.2, 0.1, 0.05, 0.025])
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.0125), "the scheduler's last rate was lost"


def test_property_a_rate_set_in_the_callback_is_what_the_schedules_factor_is_of():
    model, _ = make()
    optimizer, draw = Watched(model.parameters(), lr=0.2), torch.Generator().manual_seed(0)

    def look(step):
        if step == 2:
            optimizer.param_groups[0]["lr"] = 0.1

    train(
        model, loss_of(model, draw), [optimizer], steps=4, schedule=lambda step: 1 - step / 4,
        callback=look, progress=False,
    )  # fmt: skip
    assert optimizer.rates == pytest.approx([0.2, 0.15, 0.05, 0.025])
    assert optimizer.param_groups[0]["lr"] == 0.1


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


@pytest.mark.parametrize("clip", [None, 0.1])
def test_property_the_gradient_is_clipped_before_the_step(clip):
    model, _ = make()
    optimizer, draw = Watched(model.parameters(), lr=0.01), torch.Generator().manual_seed(0)
    history = train(model, loss_of(model, draw), [optimizer], steps=5, clip=clip, progress=False)
    assert min(history.gradient_norms) > 0.1, "nothing to clip"
    used = history.gradient_norms if clip is None else [clip] * 5
    assert optimizer.norms == pytest.approx(used, rel=1e-4)


def test_property_parameters_outside_the_optimizers_neither_move_nor_count_in_the_norm():
    model, _ = make()
    head = [model.norm.weight, model.norm.bias]
    compute_loss = loss_of(model, torch.Generator().manual_seed(0))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.embedding.weight.grad = torch.full_like(model.embedding.weight, 5.0)
    history = train(model, compute_loss, [AdamW(head, lr=1e-9)], steps=3, progress=False)
    used = [parameter.grad for parameter in head]
    assert history.gradient_norms[-1] == pytest.approx(torch.cat(used).norm().item(), rel=1e-5)
    assert (model.embedding.weight.grad == 5.0).all(), "a gradient that is not ours changed"
    assert model.blocks[0].attention.query.weight.grad is None, "a gradient leaked"
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]) or name.startswith("norm.")


def test_property_what_an_optimizer_holds_beside_the_model_is_trained_too():
    model, _ = make()
    scale = torch.nn.Parameter(torch.tensor(1.0))
    inner = loss_of(model, torch.Generator().manual_seed(0))
    optimizer = AdamW([*model.parameters(), scale])
    train(model, lambda: inner() * scale, [optimizer], steps=2, progress=False)
    assert scale.item() < 1
