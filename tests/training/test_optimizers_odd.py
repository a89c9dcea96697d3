"""What the optimizers do with gradients of NaN, and with a memory that was saved or changed elsewhere."""

import copy
import math

import pytest
import torch
from a2e.training.optimizers import AdamW, Muon
from torch import nn

PAIRS = [(AdamW, torch.optim.AdamW), (Muon, torch.optim.Muon)]


def beside(kind, odd):
    """Take one step on three matrices, the second with an odd number in its gradient."""
    draw = torch.Generator().manual_seed(0)
    parameters = [nn.Parameter(torch.randn(shape, generator=draw)) for shape in [(2, 3), (3, 2), (3, 2)]]
    gradients = [torch.randn(parameter.shape, generator=draw) for parameter in parameters]
    gradients[1][0, 0] = odd
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    kind(parameters, lr=0.1, weight_decay=0.0).step()
    return parameters


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("odd", [math.nan, math.inf])
def test_oracle_a_gradient_of_nan_spoils_what_it_spoils_in_torch_and_nothing_else(ours, theirs, odd):
    for a, b in zip(beside(ours, odd), beside(theirs, odd), strict=True):
        assert torch.equal(a.isnan(), b.isnan())
        # torch orthogonalises in bf16, which keeps three digits of numbers near 1
        torch.testing.assert_close(a, b, atol=0.1 * 0.05, rtol=0, equal_nan=True)


def test_edge_a_gradient_whose_squares_overflow_is_no_gradient_of_zero():
    first, second, third = beside(Muon, 1e30)
    assert second.isnan().all() and first.isfinite().all() and third.isfinite().all()


@pytest.mark.parametrize("kind", [AdamW, Muon])
@pytest.mark.parametrize(
    ("name", "value"), [("lr", -1.0), ("lr", 0.0), ("lr", math.nan), ("weight_decay", -0.1)]
)
def test_edge_a_saved_setting_out_of_its_range_is_refused_and_changes_nothing(kind, name, value):
    optimizer = kind([nn.Parameter(torch.ones(2, 2))], lr=0.1)
    saved, before = copy.deepcopy(optimizer.state_dict()), str(optimizer.state_dict())
    saved["param_groups"][0][name] = value
    with pytest.raises(ValueError, match=f"{name} is {value}: give a finite number"):
        optimizer.load_state_dict(saved)
    assert str(optimizer.state_dict()) == before


@pytest.mark.parametrize(
    ("ours", "theirs", "setting", "sentence"),
    [
        (AdamW, torch.optim.AdamW, {"maximize": True}, "maximize=True: give one with False"),
        (AdamW, torch.optim.AdamW, {"amsgrad": True}, "amsgrad=True: give one with False"),
        (AdamW, torch.optim.AdamW, {"differentiable": True}, "differentiable=True: give one with False"),
        (AdamW, torch.optim.Adam, {}, "decoupled_weight_decay=False: give one with True"),
        (Muon, torch.optim.SGD, {"maximize": True}, "maximize=True: give one with False"),
        (Muon, torch.optim.Muon, {"nesterov": False}, "nesterov=False: give one with True"),
        (Muon, torch.optim.Muon, {"ns_steps": 3}, "ns_steps=3: give one with 5"),
        (Muon, torch.optim.Muon, {"adjust_lr_fn": "match_rms_adamw"}, "adamw': give one with None"),
    ],
)
def test_edge_a_setting_of_torchs_that_ours_do_not_obey_is_refused(ours, theirs, setting, sentence):
    optimizer = ours([nn.Parameter(torch.ones(2, 2))])
    other = theirs([nn.Parameter(torch.ones(2, 2))], lr=0.3, **setting)
    before = str(optimizer.state_dict())
    with pytest.raises(ValueError, match=f"state_dict is a dict with .*{sentence}"):
        optimizer.load_state_dict(other.state_dict())
    assert str(optimizer.state_dict()) == before


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_oracle_the_settings_of_torchs_own_are_gone_on_with(ours, theirs):
    a, b = (nn.Parameter(torch.eye(2)) for _ in range(2))
    optimizer, other = ours([a]), theirs([b], lr=0.3, weight_decay=0.5)
    optimizer.load_state_dict(other.state_dict())
    a.grad = b.grad = torch.eye(2)
    optimizer.step()
    other.step()
    torch.testing.assert_close(a, b, atol=0.3 * 0.02, rtol=0.0)  # torch orthogonalises in bf16


@pytest.mark.parametrize("kind", [AdamW, Muon])
def test_property_what_a_schedule_brought_to_a_rate_of_zero_is_loaded_again_and_again(kind):
    optimizer = kind([nn.Parameter(torch.ones(2, 2))], lr=0.1)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.0)
    other = kind([nn.Parameter(torch.ones(2, 2))], lr=0.5)
    for _ in range(2):
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert other.param_groups[0]["lr"] == 0.0 and other.param_groups[0]["initial_lr"] == 0.1
