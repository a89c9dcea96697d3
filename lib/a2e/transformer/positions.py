"""Telling positions apart: without this, attention without a mask sees a bag of tokens."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from a2e.shapes import Count, Natural, Positive, checked, refuse, shown


@checked
def rotary_angles(
    length: Natural, d_head: Count, base: Positive = 10000.0, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "{length} {d_head}//2"]:
    """Return the angle, in radians, by which each pair of features turns at each position.

    Su et al. 2021, eq. 15.

    Pair j turns by ``position * base ** (-2j / d_head)``: the first pair fast, the last one slowly. In
    16 bits the angles of far positions would lose their digits.

    >>> rotary_angles(3, 4)
    tensor([[0.0000, 0.0000],
            [1.0000, 0.0100],
            [2.0000, 0.0200]])
    """
    refuse(base < 1, f"base is {base}: give at least 1, so that later pairs turn more slowly")
    refuse(d_head % 2, f"d_head is {d_head}: give an even width, as rotary positions turn pairs")
    frequency = base ** (-torch.arange(0, d_head, 2, dtype=dtype) / d_head)  # (d_head/2,)
    return torch.arange(length, dtype=dtype)[:, None] * frequency


@checked
def rotate(
    x: Float[Tensor, "*batch time d_head"], base: Positive = 10000.0
) -> Float[Tensor, "*batch time d_head"]:
    """Return ``x`` with each pair of features (j, j + d_head/2) turned by its position's angle (RoPE, Su et
    al. 2021, who pair neighbours; GPT-NeoX and LLaMA's converted weights pair the two halves, as here).

    After it, the dot product of a query and a key depends on their distance, not on where they stand.

    >>> rotate(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    tensor([[1.0000, 0.0000],
            [0.5403, 0.8415]])
    """
    refuse(x.shape[-1] % 2 > 0, f"x is {shown(x)}: give vectors of even width, as pairs are turned")
    wide = torch.promote_types(x.dtype, torch.float32)
    angles = rotary_angles(x.shape[-2], x.shape[-1], base, wide)  # (time, d_head/2)
    cos, sin = angles.cos().to(x), angles.sin().to(x)
    first, second = x.chunk(2, dim=-1)  # (..., time, d_head/2) each
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


class LearnedPositions(nn.Module):
    """One trainable vector for each position up to ``max_length``, as in BERT and GPT-2."""

    @checked
    def __init__(self, max_length: Count, d_model: Count) -> None:
        super().__init__()
        self.table = nn.Embedding(max_length, d_model)

    @checked
    def forward(self, length: Count) -> Float[Tensor, "{length} d_model"]:
        """Return the vectors of positions 0 to ``length - 1``."""
        end = self.table.num_embeddings
        refuse(length > end, f"length is {length}: give at most {end}, or build with a larger max_length")
        return self.table.weight[:length]
