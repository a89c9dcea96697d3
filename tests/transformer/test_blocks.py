from typing import Any

import pytest
import torch
from a2e.transformer.attention import causal_mask, padding_mask
from a2e.transformer.blocks import Block
from a2e.transformer.configurations import Configuration
from torch import nn


def pair(norm_first: bool, activation: Any, **sizes: Any) -> tuple[Block, nn.TransformerEncoderLayer]:
    """Return our block and torch's layer with the same weights, all random."""
    c = Configuration(
        vocab_size=1, n_layers=1, max_length=9, positions="learned", norm_first=norm_first,
        activation=activation, norm_eps=0.01, **sizes,
    )  # fmt: skip
    ours = Block(c)
    theirs = nn.TransformerEncoderLayer(
        c.d_model, c.n_heads, c.d_ff, dropout=0.0, activation=activation, norm_first=norm_first,
        batch_first=True, layer_norm_eps=c.norm_eps,
    )  # fmt: skip
    torch.manual_seed(0)
    for parameter in ours.parameters():
        nn.init.normal_(parameter, std=0.5)
    attention = ours.attention
    projections = (attention.query, attention.key, attention.value)
    with torch.no_grad():
        theirs.self_attn.in_proj_weight.copy_(torch.cat([linear.weight for linear in projections]))
        theirs.self_attn.in_proj_bias.copy_(torch.cat([linear.bias for linear in projections]))
    theirs.self_attn.out_proj.load_state_dict(attention.output.state_dict())
    theirs.linear1.load_state_dict(ours.feed_forward.up.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.down.state_dict())
    theirs.norm1.load_state_dict(ours.attention_norm.state_dict())
    theirs.norm2.load_state_dict(ours.feed_forward_norm.state_dict())
    return ours.double(), theirs.double()


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize(
    ("activation", "sizes"),
    [("relu", dict(d_model=6, n_heads=1, d_ff=5)), ("gelu", dict(d_model=12, n_heads=4, d_ff=20))],
)
def test_oracle_a_block_matches_torch_under_either_mask_and_in_its_gradient(norm_first, activation, sizes):
    ours, theirs = pair(norm_first, activation, **sizes)
    x = torch.randn(3, 7, sizes["d_model"], dtype=torch.float64, requires_grad=True)
    present = torch.tensor([[True] * 7, [True] * 4 + [False] * 3, [True] + [False] * 6])
    future = ~causal_mask(7)
    for mask, hidden in (
        (causal_mask(7)[None, None], dict(src_mask=future)),
        (padding_mask(present), dict(src_key_padding_mask=~present)),
    ):
        mine, expected = ours(x, mask), theirs(x, **hidden)
        torch.testing.assert_close(mine, expected)
        direction = torch.randn(expected.shape, dtype=expected.dtype)
        gradients = [torch.autograd.grad((y * direction).sum(), x)[0] for y in (mine, expected)]
        torch.testing.assert_close(*gradients)
