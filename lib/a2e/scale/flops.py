"""Parameters and floating-point operations (FLOPs) from a model's sizes alone.

A matrix product of (m, k) and (k, n) takes 2 m k n FLOPs: one multiplication and one addition for each of
its m k n terms. Going back takes twice as many as going forward, for there each product has two gradients.
FLOPs count work; FLOP/s (per second) is a rate.
"""

from numbers import Integral

from a2e.transformer.configurations import Configuration


def training_flops(parameters: float, tokens: float) -> float:
    """FLOPs to train a dense decoder: 6 per parameter and token (Kaplan et al. 2020, section 2.1).

    Each token meets each weight in one multiplication and one addition going forward (2 FLOPs), and in twice
    as many going back. Raises ValueError for a negative count.

    >>> f"{training_flops(175e9, 300e9):.3g}"
    '3.15e+23'
    """
    for name, value in (("parameters", parameters), ("tokens", tokens)):
        if not 0 <= value < float("inf"):
            raise ValueError(f"{name}={value} must be a finite number of at least 0")
    return 6.0 * parameters * tokens


def parameter_count(configuration: Configuration) -> int:
    """Trained numbers of a decoder with tied embeddings, biases and norms included.

    >>> from a2e.transformer.configurations import GPT3_175B
    >>> f"{parameter_count(GPT3_175B):.4g}"
    '1.746e+11'
    """
    c = configuration
    attention = 4 * (c.d_model**2 + c.d_model)
    feed_forward = 2 * c.d_model * c.d_ff + c.d_ff + c.d_model
    norms = 2 * 2 * c.d_model
    tables = c.vocab_size * c.d_model + (c.max_length * c.d_model if c.positions == "learned" else 0)
    return tables + c.n_layers * (attention + feed_forward + norms) + 2 * c.d_model


def forward_flops(configuration: Configuration, length: int) -> int:
    """FLOPs of all matrix products when a decoder reads one sequence of ``length`` tokens.

    Attention's own two products are counted in full, as they are computed: the masked half included.

    >>> small = Configuration(vocab_size=10, d_model=4, n_layers=1, n_heads=1, d_ff=16, max_length=8)
    >>> forward_flops(small, length=2)                  # 2·(4·2·4² + 2·2²·4 + 2·2·4·16 + 2·4·10)
    992
    """
    c = configuration
    if not isinstance(length, Integral):
        raise ValueError(f"length={length!r} must be a whole number of tokens: give an int")
    if not 1 <= length <= c.max_length:
        raise ValueError(f"length={length} must lie between 1 and the model's max_length={c.max_length}")
    projections = 4 * length * c.d_model**2  # query, key, value, output
    scores_and_mix = 2 * length**2 * c.d_model  # query @ key.T and weights @ value, all heads
    feed_forward = 2 * length * c.d_model * c.d_ff
    logits = length * c.d_model * c.vocab_size
    return 2 * (c.n_layers * (projections + scores_and_mix + feed_forward) + logits)


def decoder_training_flops(configuration: Configuration, tokens: float, length: int | None = None) -> float:
    """FLOPs to train a decoder on ``tokens`` tokens read in sequences of ``length`` (default: max_length).

    Three times the forward products: one forward, two back. Softmax, norms and activations are left out, as
    in ``torch.utils.flop_counter``; they are about one percent of the work at ordinary sizes.
    """
    if not 0 <= tokens < float("inf"):
        raise ValueError(f"tokens={tokens} must be finite and not negative")
    length = configuration.max_length if length is None else length
    return 3.0 * forward_flops(configuration, length) / length * tokens
