"""Telling positions apart: without this, attention sees a bag of tokens."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


def rotary_angles(length: int, d_head: int, base: float = 10000.0) -> Float[Tensor, "{length} {d_head}//2"]:
    """The angle, in radians, by which each pair of features turns at each position (Su et al. 2021, eq. 15).

    Pair j turns by ``position * base ** (-2j / d_head)``: the first pair fast, the last one slowly.

    >>> rotary_angles(3, 4)
    tensor([[0.0000, 0.0000],
            [1.0000, 0.0100],
            [2.0000, 0.0200]])
    """
    if d_head % 2:
        raise ValueError(f"d_head={d_head} is odd: rotary positions turn pairs, so take an even width")
    if not 0 < base < float("inf"):
        raise ValueError(f"base={base} must be positive and finite: 10000 is usual")
    frequency = base ** (-torch.arange(0, d_head, 2) / d_head)  # (d_head/2,)
    return torch.arange(length)[:, None] * frequency


def rotate(
    x: Float[Tensor, "*batch time d_head"], base: float = 10000.0
) -> Float[Tensor, "*batch time d_head"]:
    """Turn each pair of features (j, j + d_head/2) by its position's angle (RoPE).

    After it, the dot product of a query and a key depends on their distance, not on where they stand.

    >>> rotate(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    tensor([[1.0000, 0.0000],
            [0.5403, 0.8415]])
    """
    angles = rotary_angles(x.shape[-2], x.shape[-1], base)  # (time, d_head/2)
    cos, sin = angles.cos().to(x), angles.sin().to(x)
    first, second = x.chunk(2, dim=-1)  # (..., time, d_head/2) each
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


class LearnedPositions(nn.Module):
    """One trainable vector for each position up to ``max_length``, as in BERT and GPT-2."""

    def __init__(self, max_length: int, d_model: int) -> None:
        super().__init__()
        if max_length < 1:
            raise ValueError(f"max_length={max_length} must be at least 1")
        self.table = nn.Embedding(max_length, d_model)

    def forward(self, length: int) -> Float[Tensor, "length d_model"]:
        """The vectors of positions 0 to ``length - 1``."""
        if length < 1:
            raise ValueError(f"length={length} must be at least 1")
        if length > self.table.num_embeddings:
            raise ValueError(
                f"the sequence has {length} tokens and learned positions end at "
                f"{self.table.num_embeddings}: shorten it, or build the model with a larger max_length"
            )
        return self.table.weight[:length]
