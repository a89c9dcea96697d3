"""Parameters and floating-point operations (FLOPs) from a model's sizes alone.

A matrix product of (m, k) and (k, n) takes 2 m k n FLOPs: one multiplication and one addition for each of
its m k n terms. The backward pass costs twice the forward pass, for each product has two gradients there.
FLOPs count work; FLOP/s (per second) is a rate.
"""

import math
from typing import Literal

from a2e.shapes import Count, NonNegative, checked
from a2e.transformer.configurations import Configuration

Model = Literal["decoder", "encoder", "masked"]
"""``Decoder``, ``Encoder`` or ``MaskedLanguageModel``: one configuration can be any of them."""


@checked
def training_flops(parameters: NonNegative, tokens: NonNegative) -> float:
    """Return the FLOPs to train a dense decoder: 6 per parameter and token (Kaplan et al. 2020, section 2.1).

    Each token meets each weight in one multiplication and one addition in the forward pass (2 FLOPs), and in
    twice as many in the backward pass. Raise ``ValueError`` where the product is past the largest float.

    >>> f"{training_flops(175e9, 300e9):.3g}"
    '3.15e+23'
    """
    flops = 6.0 * parameters * tokens
    if not math.isfinite(flops):
        raise ValueError(f"parameters is {parameters} and tokens is {tokens}: give a product below 1e308")
    return flops


@checked
def parameter_count(configuration: Configuration, model: Model = "decoder") -> int:
    """Return how many numbers are trained, biases and norms included; the output layer is the embedding's.

    A ``"masked"`` model is an encoder with BERT's head. No pooler is counted.

    >>> from a2e.transformer.configurations import GPT3_175B
    >>> f"{parameter_count(GPT3_175B):.4g}"
    '1.746e+11'
    """
    c = configuration
    _check_segments(c, model)
    attention = 4 * (c.d_model**2 + c.d_model)
    feed_forward = 2 * c.d_model * c.d_ff + c.d_ff + c.d_model
    norm = 2 * c.d_model
    tables = c.vocab_size + c.n_segments + (c.max_length if c.positions == "learned" else 0)
    # One norm beside the blocks': the last, or an encoder's first; a post-norm decoder has none.
    norms = 2 * c.n_layers + (model != "decoder" or c.norm_first)
    head = c.d_model**2 + c.d_model + norm + c.vocab_size if model == "masked" else 0
    return tables * c.d_model + c.n_layers * (attention + feed_forward) + norms * norm + head


@checked
def forward_flops(configuration: Configuration, length: Count, model: Model = "decoder") -> int:
    """Return the FLOPs of all matrix products when a model reads one sequence of ``length`` tokens.

    A decoder and a masked model score the whole vocabulary at each position, an encoder does not. Attention's
    products are counted in full, as they are computed: the masked half included.

    >>> small = Configuration(vocab_size=10, d_model=4, n_layers=1, n_heads=1, d_ff=16, max_length=8)
    >>> forward_flops(small, length=2)                  # 2·(4·2·4² + 2·2²·4 + 2·2·4·16 + 2·4·10)
    992
    """
    c = configuration
    _check_segments(c, model)
    if length > c.max_length:
        raise ValueError(f"length is {length}: give at most {c.max_length}, the max_length of this model")
    projections = 4 * length * c.d_model**2  # query, key, value, output
    scores_and_mix = 2 * length**2 * c.d_model  # query @ key.T and weights @ value, all heads
    feed_forward = 2 * length * c.d_model * c.d_ff
    transform = length * c.d_model**2 if model == "masked" else 0
    logits = length * c.d_model * c.vocab_size if model != "encoder" else 0
    return 2 * (c.n_layers * (projections + scores_and_mix + feed_forward) + transform + logits)


@checked
def decoder_training_flops(
    configuration: Configuration, tokens: NonNegative, length: Count | None = None
) -> float:
    """Return the FLOPs to train a decoder on ``tokens`` tokens in sequences of ``length`` (or max_length).

    Three times the forward products: one forward, two backward. Softmax, norms and activations are left out,
    as in ``torch.utils.flop_counter``; they are about one percent of the work at ordinary sizes. Raise
    ``ValueError`` where the product is past the largest float.
    """
    length = configuration.max_length if length is None else length
    flops = 3.0 * forward_flops(configuration, length) / length * tokens
    if not math.isfinite(flops):
        raise ValueError(f"tokens is {tokens}: give fewer, for FLOPs below 1e308")
    return flops


def _check_segments(configuration: Configuration, model: Model) -> None:
    if model == "decoder" and configuration.n_segments:
        raise ValueError(
            f"model is 'decoder' with n_segments={configuration.n_segments}: "
            "give 'encoder' or 'masked', for a decoder reads no segments"
        )
