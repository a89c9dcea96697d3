import pytest
import torch
from a2e.training.schedules import constant, warmup_linear
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


@given(steps=st.integers(1, 200), share=st.floats(0, 0.99), data=st.data())
def test_property_factor_lies_between_zero_and_one(steps, share, data):
    step = data.draw(st.integers(0, steps - 1))
    assert 0 < warmup_linear(step, steps, int(share * steps)) <= 1


def test_edge_steps_outside_the_run_are_refused():
    for schedule in (warmup_linear, constant):
        with pytest.raises(ValueError, match="step=5 must lie between 0 and steps - 1 = 4"):
            schedule(5, 5)
    with pytest.raises(ValueError, match="warmup=5 must lie"):
        warmup_linear(0, 5, warmup=5)
    assert constant(0, 1) == 1.0
