"""The draws behind an input's spread: one order of even steps for each input that is made."""

from collections import Counter
from functools import cache
from statistics import NormalDist

import numpy as np

N_SAMPLES = 4096
Z95 = 1.6448536269514722  # the 95th percentile of a standard normal

_made: Counter[str] = Counter()


def order(name: str) -> np.ndarray:
    """Return 0 … `N_SAMPLES` - 1 in an order of its own for the next input called ``name``.

    The k-th input of a name has the same order in every process, whatever other inputs there are. Samples are
    even steps in that order, so that the percentiles of an input are exact.
    """
    _made[name] += 1
    return np.random.default_rng((_made[name], *name.encode())).permutation(N_SAMPLES)


def uniform(name: str) -> np.ndarray:
    """Return the middles of `N_SAMPLES` equal parts of (0, 1), in the order of a new input ``name``."""
    return (order(name) + 0.5) / N_SAMPLES


def normal(name: str) -> np.ndarray:
    """Return a standard normal's quantiles at those middles, in the order of a new input ``name``."""
    return _normal_steps()[order(name)]


@cache
def _normal_steps() -> np.ndarray:
    return np.array([NormalDist().inv_cdf((step + 0.5) / N_SAMPLES) for step in range(N_SAMPLES)])
