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
    even steps (`middles`, `normal`) in that order, so that the percentiles of an input are exact.
    """
    _made[name] += 1
    return np.random.default_rng((_made[name], *name.encode())).permutation(N_SAMPLES)


@cache
def middles() -> np.ndarray:
    """Return the middles of `N_SAMPLES` equal parts of (0, 1), in rising order."""
    return _fixed((np.arange(N_SAMPLES) + 0.5) / N_SAMPLES)


@cache
def normal() -> np.ndarray:
    """Return a standard normal's quantiles at those middles, in rising order."""
    return _fixed(np.array([NormalDist().inv_cdf(float(middle)) for middle in middles()]))


def _fixed(steps: np.ndarray) -> np.ndarray:
    steps.setflags(write=False)  # they are handed out again
    return steps
