import math

import pytest
import torch
from a2e.transformer.positions import LearnedPositions, rotary_angles, rotate


def test_oracle_rotate_matches_hugging_face_llama():
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

    x, y = torch.randn(2, 1, 3, 7, 8)
    embedding = LlamaRotaryEmbedding(LlamaConfig(hidden_size=24, num_attention_heads=3))
    cos, sin = embedding(x, torch.arange(7)[None])
    theirs = apply_rotary_pos_emb(x, y, cos, sin)
    torch.testing.assert_close(rotate(x), theirs[0])
    torch.testing.assert_close(rotate(y), theirs[1])


def test_oracle_rotate_is_multiplication_by_a_complex_number():
    x = torch.randn(5, 6)
    turned = torch.complex(x[:, :3], x[:, 3:]) * torch.polar(torch.ones(5, 3), rotary_angles(5, 6))
    torch.testing.assert_close(rotate(x), torch.cat([turned.real, turned.imag], -1))


def test_property_only_the_distance_counts():
    query, key = torch.randn(2, 1, 8)
    scores = rotate(query.expand(20, 8)) @ rotate(key.expand(20, 8)).mT
    for distance in (-3, 0, 5):
        along = scores.diagonal(distance)
        torch.testing.assert_close(along, along[:1].expand_as(along), atol=1e-4, rtol=1e-4)


def test_property_lengths_are_kept():
    x = torch.randn(4, 9, 6)
    torch.testing.assert_close(rotate(x).norm(dim=-1), x.norm(dim=-1))


def test_edge_position_zero_is_untouched():
    x = torch.randn(1, 4)
    assert torch.equal(rotate(x), x)


def test_edge_bad_input_is_refused():
    with pytest.raises(ValueError, match="d_head is 5: give an even width"):
        rotary_angles(3, 5)
    with pytest.raises(ValueError, match=r"length is 2\.5: give a whole number"):
        rotary_angles(2.5, 4)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="x is an int64 tensor"):
        rotate(torch.tensor([[1, 2], [3, 4]]))
    for base in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match=f"base is {base}: give a finite number above 0"):
            rotate(torch.zeros(2, 4), base)
    with pytest.raises(ValueError, match="max_length is 0: give a whole number of at least 1"):
        LearnedPositions(0, 8)
    for length in (0, -1):
        with pytest.raises(ValueError, match=f"length is {length}: give a whole number of at least 1"):
            LearnedPositions(4, 8)(length)
    with pytest.raises(ValueError, match="length is 5: give at most 4"):
        LearnedPositions(4, 8)(5)


def test_oracle_another_base_turns_as_that_base_says():
    x, base = torch.randn(4, 6), 50.0
    angles = torch.arange(4.0)[:, None] / base ** (torch.arange(3) / 3)  # each turn worked out anew
    turned = torch.complex(x[:, :3], x[:, 3:]) * torch.exp(1j * angles)
    torch.testing.assert_close(rotate(x, base), torch.cat([turned.real, turned.imag], -1))
    assert not torch.allclose(rotate(x, base), rotate(x))


def test_oracle_far_positions_keep_their_digits():
    """A position of 16 bits would be off by a whole turn; the angles are worked out in 64 bits here."""
    x = torch.randn(1, 4).expand(5000, 4)
    angles = torch.arange(5000.0, dtype=torch.float64)[:, None] / 10000 ** (torch.arange(2) / 2)
    turned = torch.complex(x[:, :2].double(), x[:, 2:].double()) * torch.exp(1j * angles)
    expected = torch.cat([turned.real, turned.imag], -1)
    torch.testing.assert_close(rotate(x).double(), expected, atol=2e-3, rtol=0)
    rough = rotate(x.bfloat16()).double()  # its numbers have 8 bits, its angles all 24
    torch.testing.assert_close(rough, expected, atol=4e-2, rtol=0)


@pytest.mark.parametrize("default", [torch.bfloat16, torch.float16, torch.float64])
def test_property_angles_do_not_depend_on_torch_s_default_type(default):
    x = torch.tensor([[1.0, 0.0]] * 1000)
    expected, before = rotate(x), torch.get_default_dtype()
    torch.set_default_dtype(default)
    try:
        assert torch.equal(rotate(x), expected)
    finally:
        torch.set_default_dtype(before)


def test_property_64_bit_vectors_turn_by_64_bit_angles():
    turned = rotate(torch.tensor([[1.0, 0.0]] * 4097, dtype=torch.float64))[-1]
    assert turned.tolist() == pytest.approx([math.cos(4096), math.sin(4096)], abs=1e-12)
