import pytest
import torch
from a2e.transformer.attention import causal_mask
from a2e.transformer.blocks import Block
from a2e.transformer.configurations import Configuration
from a2e.transformer.multi_head import MultiHeadAttention, merge_heads, split_heads
from torch import nn

SMALL = Configuration(vocab_size=5, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_length=4)


def test_oracle_multi_head_matches_torch():
    torch.manual_seed(0)
    ours, theirs = MultiHeadAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]))
        theirs.out_proj.load_state_dict(ours.output.state_dict())
    x = torch.randn(2, 5, 12)
    expected, maps = theirs(x, x, x, attn_mask=~causal_mask(5), average_attn_weights=False)
    mask = causal_mask(5)[None, None]  # (1, 1, time, time): for every row and head
    torch.testing.assert_close(ours(x, mask), expected)
    torch.testing.assert_close(ours.weights(x, mask), maps)


def test_property_merge_undoes_split():
    x = torch.randn(2, 5, 12)
    assert torch.equal(merge_heads(split_heads(x, 4)), x)


def test_property_order_is_invisible_without_positions():
    torch.manual_seed(0)
    layer, x, order = MultiHeadAttention(8, 2), torch.randn(1, 6, 8), torch.randperm(6)
    torch.testing.assert_close(layer(x[:, order]), layer(x)[:, order])


def test_property_order_is_visible_with_rotary_positions():
    torch.manual_seed(0)
    layer, x = MultiHeadAttention(8, 2, rotary=True), torch.randn(1, 6, 8)
    assert not torch.allclose(layer(x.flip(1)), layer(x).flip(1), atol=1e-3)


def test_property_rotary_scores_depend_on_the_distance_alone():
    torch.manual_seed(0)
    layer = MultiHeadAttention(8, 2, rotary=True)
    scores = layer.weights(torch.randn(1, 1, 8).expand(1, 9, 8)).log()  # one token, nine times
    steps = scores.diff(dim=-1)  # the softmax's own sum, one number a row, falls out
    assert steps.std() > 1e-3, "nothing to tell apart"
    torch.testing.assert_close(steps[..., 1:, 1:], steps[..., :-1, :-1], atol=1e-5, rtol=1e-4)


def test_equivalence_rotary_attention_does_not_see_where_the_text_begins():
    torch.manual_seed(0)
    layer, x, noise = MultiHeadAttention(8, 2, rotary=True), torch.randn(1, 5, 8), torch.randn(1, 3, 8)
    hidden = torch.cat([torch.zeros(1, 1, 1, 3), torch.ones(1, 1, 1, 5)], -1).bool()
    torch.testing.assert_close(layer(torch.cat([noise, x], 1), hidden.expand(1, 1, 8, 8))[:, 3:], layer(x))


def test_edge_bad_numbers_of_heads_are_refused():
    for n_heads in (0, -2):
        with pytest.raises(ValueError, match=f"n_heads is {n_heads}: give a whole number of at least 1"):
            MultiHeadAttention(10, n_heads)
        with pytest.raises(ValueError, match=f"n_heads is {n_heads}: give a whole number of at least 1"):
            split_heads(torch.zeros(1, 2, 10), n_heads)
    for width in (9, 10, 11):
        with pytest.raises(ValueError, match=f"n_heads is 4: give a divisor of d_model={width}"):
            split_heads(torch.zeros(1, 2, width), 4)
        with pytest.raises(ValueError, match=f"n_heads is 4: give a divisor of d_model={width}"):
            MultiHeadAttention(width, 4)
    with pytest.raises(ValueError, match="n_heads is 3: give heads of even width"):
        MultiHeadAttention(9, 3, rotary=True)


@pytest.mark.parametrize("shape", [(3, 8), (8,), (1, 2, 3, 8), (2, 3, 7)])
def test_edge_what_is_not_a_batch_of_sequences_is_refused(shape):
    for layer in (MultiHeadAttention(8, 2), Block(SMALL)):
        with pytest.raises(ValueError, match=r"x is .*: give a float tensor of shape \(batch, time, 8\)"):
            layer(torch.randn(shape))


@pytest.mark.parametrize(
    "shape", [(3,), (3, 3), (2, 3, 3), (2, 2, 3, 1), (1, 3, 3, 3), (3, 1, 3, 3), (1, 1, 1, 2, 3, 3)]
)
def test_edge_a_mask_that_could_be_taken_for_another_is_refused(shape):
    x = torch.randn(2, 3, 8)
    layer = MultiHeadAttention(8, 2)
    for call in (layer, layer.weights, Block(SMALL)):
        with pytest.raises(
            ValueError, match=r"mask is .*: give a boolean tensor of shape \(batch or 1, 2 or 1,"
        ):
            call(x, torch.ones(shape, dtype=torch.bool))


def test_edge_heads_are_split_and_merged_on_the_axes_they_stand_on():
    for shape in ((5, 12), (1, 2, 5, 12)):
        with pytest.raises(
            ValueError, match=r"x is .*: give a float tensor of shape \(batch, time, d_model\)"
        ):
            split_heads(torch.randn(shape), 3)
    for other in ((2, 5, 12), (2, 3, 4, 5, 6)):
        with pytest.raises(ValueError, match=r"x is .*: give .* \(batch, heads, time, d_head\)"):
            merge_heads(torch.randn(other))
