"""Floating-point operations (FLOPs) that training costs."""


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
