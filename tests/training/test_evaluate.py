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


@pytest.mark.parametrize("wrong", [
    lambda logits: torch.cat([logits, logits[:, :1]], dim=1),  # one row too many, as with a BOS
    lambda logits: logits.mT,
    lambda logits: torch.cat([logits, logits]),
    lambda logits: logits[0],
    lambda logits: (logits, None),
])  # fmt: skip
def test_edge_a_model_s_logits_of_another_shape_are_refused(wrong):
    class Wrong(Undecided):
        def forward(self, tokens):
            return wrong(super().forward(tokens))

    with pytest.raises(ValueError, match=r"model\(tokens\) is .*: return logits of shape \(batch, time"):
        evaluate(Wrong(), torch.tensor([0, 1, 2, 3, 0, 1, 2, 3, 1]), 8)
