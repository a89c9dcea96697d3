import math

import pytest
import torch
import torch.nn.functional as F
from a2e.transformer.attention import attention, attention_weights, causal_mask, padding_mask
from hypothesis import given, settings
from hypothesis import strategies as st


def random_heads(seed=0, batch=2, heads=3, query=5, key=5, d_key=8, d_value=4):
    draw = torch.Generator().manual_seed(seed)
    return (
        torch.randn(batch, heads, query, d_key, generator=draw),
        torch.randn(batch, heads, key, d_key, generator=draw),
        torch.randn(batch, heads, key, d_value, generator=draw),
    )


def test_oracle_attention_matches_torch_without_a_mask():
    query, key, value = random_heads(query=3)
    torch.testing.assert_close(
        attention(query, key, value), F.scaled_dot_product_attention(query, key, value)
    )


def test_oracle_attention_matches_torch_with_a_causal_mask_and_its_gradients():
    query, key, value = heads = tuple(x.requires_grad_() for x in random_heads())
    same = [x.detach().clone().requires_grad_() for x in heads]
    ours = attention(query, key, value, causal_mask(5))
    theirs = F.scaled_dot_product_attention(same[0], same[1], same[2], is_causal=True)
    torch.testing.assert_close(ours, theirs)
    weight = torch.randn(ours.shape, generator=torch.Generator().manual_seed(1))
    (ours * weight).sum().backward()
    (theirs * weight).sum().backward()
    for a, b in zip(heads, same, strict=True):
        torch.testing.assert_close(a.grad, b.grad)


def test_oracle_attention_of_two_keys_is_a_logistic_function():
    query = torch.tensor([[2.0, 0.0]])
    key = torch.eye(2)
    value = torch.tensor([[1.0], [0.0]])
    expected = 1 / (1 + math.exp(-2 / math.sqrt(2)))
    assert attention(query, key, value).item() == pytest.approx(expected, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6), length=st.integers(1, 12), d_key=st.integers(1, 16), scale=st.floats(0, 50)
)
def test_property_rows_sum_to_one_and_the_future_gets_nothing(seed, length, d_key, scale):
    draw = torch.Generator().manual_seed(seed)
    query, key = (scale * torch.randn(length, d_key, generator=draw) for _ in range(2))
    weights = attention_weights(query, key, causal_mask(length))
    torch.testing.assert_close(weights.sum(-1), torch.ones(length))
    assert (weights >= 0).all()
    assert weights.triu(1).count_nonzero() == 0


def test_property_output_stays_within_the_values():
    query, key, value = random_heads()
    mixed = attention(query, key, value)
    low, high = value.amin(-2, keepdim=True), value.amax(-2, keepdim=True)
    assert ((mixed >= low - 1e-6) & (mixed <= high + 1e-6)).all()


@pytest.mark.parametrize("d_key", [4, 64, 1024])
def test_property_scores_have_unit_variance_whatever_the_width(d_key):
    draw = torch.Generator().manual_seed(0)
    query, key = (torch.randn(5000, 1, 2, d_key, generator=draw) for _ in range(2))
    # Log-weights are the scores minus a constant of their row, which the difference of two keys removes.
    log_weights = attention_weights(query, key).clamp(min=1e-30).log()
    assert (log_weights[..., 0] - log_weights[..., 1]).var().item() == pytest.approx(2, rel=0.1)


def test_equivalence_a_hidden_key_may_as_well_not_exist():
    query, key, value = random_heads()
    mask = torch.tensor([True, True, True, False, False])
    torch.testing.assert_close(
        attention(query, key, value, mask.expand(5, 5)), attention(query, key[..., :3, :], value[..., :3, :])
    )


def test_equivalence_a_later_token_cannot_change_an_earlier_output():
    query, key, value = random_heads()
    before = attention(query, key, value, causal_mask(5))
    key[..., 4, :], value[..., 4, :] = 9.0, -9.0
    after = attention(query, key, value, causal_mask(5))
    assert torch.equal(before[..., :4, :], after[..., :4, :])
    assert not torch.equal(before[..., 4, :], after[..., 4, :])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_edge_a_fully_masked_row_gives_zeros_and_finite_gradients(dtype):
    query, key, value = (x.to(dtype).requires_grad_() for x in random_heads())
    mask = causal_mask(5)
    mask[2] = False
    mixed = attention(query, key, value, mask)
    assert mixed[..., 2, :].count_nonzero() == 0
    mixed.sum().backward()
    for x in (query, key, value):
        assert x.grad.isfinite().all()


def test_edge_one_token_attends_to_itself():
    query, key, value = random_heads(query=1, key=1)
    torch.testing.assert_close(attention(query, key, value, causal_mask(1)), value)


def test_edge_nan_in_a_value_is_seen_even_by_those_who_may_not_look_and_in_a_key_it_is_not():
    query, key, value = random_heads()
    spoilt = [x.clone().index_fill(-2, torch.tensor(4), math.nan) for x in (query, key, value)]
    assert attention(query, key, spoilt[2], causal_mask(5)).isnan().all()
    for mixed in (attention(query, spoilt[1], value, causal_mask(5)), attention(spoilt[0], key, value)):
        assert mixed[..., :4, :].isfinite().all() and mixed[..., 4, :].isnan().all()


def test_edge_huge_scores_do_not_overflow():
    query = key = torch.full((2, 4), 1e18)
    assert attention(query, key, torch.eye(2)).isfinite().all()


def test_edge_padding_mask_hides_padding_from_every_query_and_head():
    query, key, value = random_heads(batch=2)
    present = torch.tensor([[True] * 5, [True, True, False, False, False]])
    mixed = attention(query, key, value, padding_mask(present))
    alone = attention(query[1:], key[1:, :, :2], value[1:, :, :2])
    torch.testing.assert_close(mixed[1:], alone)


def test_edge_bad_input_is_refused_in_one_sentence():
    query, key, value = random_heads()
    with pytest.raises(
        ValueError, match=r"key is .* \(2, 3, 5, 8\): give .* as query has shape \(2, 3, 5, 7\)"
    ):
        attention(query[..., :7], key, value)
    with pytest.raises(ValueError, match=r"value is .* \(2, 3, 4, 4\): give .* key has shape \(2, 3, 5, 8\)"):
        attention(query, key, value[..., :4, :])
    with pytest.raises(ValueError, match="length is 0: give a whole number of at least 1"):
        causal_mask(0)
    with pytest.raises(ValueError, match=r"mask is a float32 tensor .*: give a boolean tensor"):
        attention(query, key, value, torch.ones(5, 5))
    for shape in ((5,), (5, 4), (4, 5), (5, 1), (3, 3, 5, 5), (1, 2, 3, 5, 5)):
        with pytest.raises(ValueError, match=r"mask is .*: give .* as query has shape"):
            attention(query, key, value, torch.ones(shape, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"key is .* \(2, 3, 5, 8\): .* as query has shape \(1, 3, 5, 8\)"):
        attention(query[:1], key, value)
    with pytest.raises(ValueError, match=r"value is .* \(3, 5, 4\): .* key has shape \(2, 3, 5, 8\)"):
        attention(query, key, value[0])
    with pytest.raises(ValueError, match="query is a float32 tensor of shape"):
        attention(query[0, 0, 0], key[0, 0, 0], value[0, 0, 0])
    for present in (torch.ones(2, 3), torch.ones(2, 3).long(), torch.ones(1, 1, 1, 3, dtype=torch.bool)):
        with pytest.raises(ValueError, match=r"present is .*: give a boolean tensor of shape \(batch, key\)"):
            padding_mask(present)


@pytest.mark.parametrize("shape", [(5, 5), (1, 5), (1, 1, 5, 5), (1, 3, 1, 5), (2, 1, 1, 5), (2, 3, 5, 5)])
def test_equivalence_a_mask_is_shared_along_axes_of_one(shape):
    query, key, value = random_heads()
    mask = torch.rand(shape, generator=torch.Generator().manual_seed(0)) < 0.5
    everywhere = mask.expand(2, 3, 5, 5)
    assert torch.equal(attention(query, key, value, mask), attention(query, key, value, everywhere))


@pytest.mark.parametrize("shape", [(3, 5, 5), (1, 5, 5), (3, 1, 5)])
def test_edge_a_mask_that_could_be_one_a_head_or_one_a_sequence_is_refused(shape):
    """With a batch of three and three heads, three masks could be meant for either."""
    query, key, value = random_heads(batch=3)
    with pytest.raises(ValueError, match="mask is of 3 axes: give 2, or 4 as the scores"):
        attention(query, key, value, torch.ones(shape, dtype=torch.bool))
