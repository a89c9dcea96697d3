import pytest
import torch
from a2e.training.schedules import warmup_linear
from hypothesis import given
from hypothesis import strategies as st


def test_oracle_warmup_linear_matches_torch():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    rise = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / 4, end_factor=1.0, total_iters=3)
    fall = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=6)
    both = torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[4])
    for step in range(10):
        assert warmup_linear(step, steps=10, warmup=4) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        both.step()


def test_edge_without_a_warmup_the_first_step_is_the_highest():
    assert warmup_linear(0, steps=4) == 1 == warmup_linear(0, steps=1)


@given(steps=st.integers(1, 200), share=st.floats(0, 0.99), data=st.data())
def test_property_factor_lies_between_zero_and_one(steps, share, data):
    step = data.draw(st.integers(0, steps - 1))
    assert 0 < warmup_linear(step, steps, int(share * steps)) <= 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((5, 5), "step is 5: give fewer than steps=5"),
        ((0, 5, 5), "warmup is 5: give fewer than steps=5"),
        ((-1, 5), "step is -1: give a whole number of at least 0"),
        ((1.5, 10, 2), "step is 1.5: give a whole number"),
        ((0, 10, 0.5), "warmup is 0.5: give a whole number"),
        ((0, float("inf")), "steps is inf: give a whole number"),
    ],
)
def test_edge_steps_outside_the_run_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        warmup_linear(*arguments)
