"""Token ids that `evaluate` must not count without scoring."""

import math

import pytest
import torch
from a2e.training.loop import evaluate
from torch import nn


class Undecided(nn.Module):
    """Four tokens, equally likely; it looks nothing up and so minds no id."""

    def forward(self, tokens):
        return torch.zeros(*tokens.shape, 4)


@pytest.mark.parametrize("tokens", [[1, 2, 3, -100], [1, 2, -100, 3], [-100, 1, 2, 3]])
@pytest.mark.parametrize("length", [1, 2, 8])
def test_edge_the_id_that_the_loss_ignores_is_refused_wherever_it_stands(tokens, length):
    with pytest.raises(ValueError, match="tokens is -100 somewhere: give ids of at least 0"):
        evaluate(Undecided(), torch.tensor(tokens), length)


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.uint16])
def test_oracle_an_undecided_model_has_a_loss_of_ln_4(dtype):
    loss = evaluate(Undecided(), torch.tensor([1, 2, 3, 0]).to(dtype), 2)
    assert loss == pytest.approx(math.log(4), rel=1e-6)
