"""What to expect of a run that nobody has seen, learned from published runs: utilisation, power, PUE.

A run's MFU (the share of a chip's dense peak that its model's FLOPs reach) is taken as log-normal. Its
logarithm is a sum of deviations from one overall level: one that all runs on a chip generation share, one
that all runs of a family share (a team and its code), one of the run itself; plus an effect of being a
mixture of experts, and one of being small (under a billion parameters). Each is normal around zero with a
standard deviation set by hand, all round numbers. What the published rows then say about a new run is a
conditional normal distribution. So eight rows of one family weigh little more than one row, and a chip
generation that no row has seen gets the overall level and a wider interval.

>>> from a2e.emissions.devices import find
>>> print(utilisation(find("V100"), 175e9, exclude=("patterson21", "gpt3")))
0.313 (90 %: 0.183-0.536), assumed (MFU), 11 sources
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from a2e.emissions import devices, published
from a2e.emissions.quantity import Z95, Quantity, lognormal, uniform
from a2e.scale.flops import training_flops


@dataclass(frozen=True)
class Scales:
    """Standard deviations, in logarithms (0.2 is about 20 %), and the level expected before any data."""

    level: float
    level_sd: float
    effect: float
    generation: float
    family: float
    run: float


MFU = Scales(level=math.log(0.35), level_sd=0.3, effect=0.2, generation=0.2, family=0.2, run=0.1)
POWER = Scales(level=0.0, level_sd=0.25, effect=0.3, generation=0.15, family=0.15, run=0.05)


@dataclass(frozen=True)
class Case:
    """One run as the model sees it: what it shares with others, its effects, and the logarithm observed."""

    generation: str
    family: str
    effects: tuple[float, ...]
    log: float = 0.0
    lineage: str = ""
    run: str = ""
    source: str = ""


def covariance(left: Sequence[Case], right: Sequence[Case], scales: Scales) -> np.ndarray:
    """How far the logarithms of two cases move together, for each pair, without the runs' own deviations.

    >>> a, b = Case("Hopper", "phi", (0.0,)), Case("Hopper", "grin", (1.0,))
    >>> covariance([a], [a, b], MFU).round(2)
    array([[0.17, 0.13]])
    """
    effects = np.array([a.effects for a in left]) @ np.array([b.effects for b in right]).T
    generation = np.array([[a.generation == b.generation for b in right] for a in left])
    family = np.array([[a.family == b.family for b in right] for a in left])
    shared = scales.generation**2 * generation + scales.family**2 * family
    return scales.level_sd**2 + scales.effect**2 * effects + shared


def predict(seen: Sequence[Case], new: Case, scales: Scales) -> tuple[float, float]:
    """Mean and standard deviation of the new case's logarithm, given the cases seen (Gaussian conditioning).

    Nothing seen leaves the prior:

    >>> mean, sd = predict([], Case("Volta", "gpt3", (0.0, 0.0)), MFU)
    >>> round(math.exp(mean), 2), round(sd, 2)
    (0.35, 0.42)
    """
    own = covariance([new], [new], scales)[0, 0] + scales.run**2
    if not seen:
        return scales.level, math.sqrt(own)
    among = covariance(seen, seen, scales) + scales.run**2 * np.eye(len(seen))
    across = covariance([new], seen, scales)[0]
    weights = np.linalg.solve(among, across)
    residuals = np.array([case.log for case in seen]) - scales.level
    return float(scales.level + weights @ residuals), math.sqrt(own - weights @ across)


def mfu_effects(parameters: float, mixture: bool) -> tuple[float, float]:
    """Effects on MFU: powers of ten below a billion parameters, and 1 for a mixture of experts.

    >>> mfu_effects(1e8, True), mfu_effects(175e9, False)
    ((-1.0, 1.0), (0.0, 0.0))
    """
    return min(math.log10(parameters / 1e9), 0.0), float(mixture)


@cache
def mfu_cases() -> tuple[Case, ...]:
    """The published runs whose hours can be predicted fairly from their FLOPs (rows marked T)."""
    cases = []
    for run in published.runs().values():
        if "T" not in run.tests:
            continue
        device, active = devices.find(run.device), run.fact("active_parameters")
        work = training_flops(active.p50, run.fact("tokens").p50)
        mfu = work / (run.fact("device_hours").p50 * 3600 * device.peak_tflops * 1e12)
        effects = mfu_effects(active.p50, "MoE" in run.architecture)
        log, source = math.log(mfu), active.sources[0]
        cases.append(Case(device.generation, run.family, effects, log, run.lineage, run.name, source))
    return tuple(cases)


@cache
def power_cases() -> tuple[Case, ...]:
    """The published runs whose power was measured (rows marked E), as power over TDP."""
    cases = []
    for run in published.runs().values():
        if "E" not in run.tests:
            continue
        device = devices.find(run.device)
        if "power" in run.facts:
            watts, device_only = run.fact("power").p50, 0.0
        else:  # GPU energy × PUE is what was printed
            energy = run.fact("energy") / run.fact("device_hours") / run.fact("pue")
            watts, device_only = energy.to("W").p50, 1.0
        effects = (float(device.kind == "TPU"), device_only)
        log, source = math.log(watts / device.tdp_watts), run.fact("tdp").sources[0]
        cases.append(Case(device.generation, run.family, effects, log, run.lineage, run.name, source))
    return tuple(cases)


def without(cases: Sequence[Case], exclude: Sequence[str]) -> list[Case]:
    """The cases of no family, lineage or run named in ``exclude``; ValueError for a name that no run has."""
    known = {name for run in published.runs().values() for name in (run.family, run.lineage, run.name)}
    for name in exclude:
        if name not in known:
            raise ValueError(f"exclude={name!r} is no family in data/published_models.csv, such as opt")
    return [case for case in cases if not {case.family, case.lineage, case.run} & set(exclude)]


def _interval(mean: float, sd: float) -> tuple[float, float]:
    return math.exp(mean - Z95 * sd), math.exp(mean + Z95 * sd)


def _sources(cases: Sequence[Case]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(case.source for case in cases)) or ("a2e.emissions.priors, before any data",)


def utilisation(
    device: devices.Device, parameters: float, mixture: bool = False, exclude: Sequence[str] = ()
) -> Quantity:
    """MFU to expect of a run on ``device`` of a model with so many (active) parameters.

    ``exclude`` names families, lineages or runs that the prior must not have seen. The tail is cut at the
    best share of its peak that anybody reached with such a chip, multiplying large dense matrices.
    """
    if not parameters > 0:
        raise ValueError(f"parameters={parameters} must be above 0")
    seen = without(mfu_cases(), exclude)
    new = Case(device.generation, "", mfu_effects(parameters, mixture))
    low, high = _interval(*predict(seen, new, MFU))
    mfu = lognormal(low, high, "", "assumed", "MFU", *_sources(seen))
    return replace(mfu, samples=np.minimum(mfu.samples, _ceiling(device)))


def _ceiling(device: devices.Device) -> float:
    """Highest share of the dense peak reached on ``device``; where nobody measured it, on an A100."""
    achieved = device if "achieved_16bit" in device.facts else devices.find("A100")
    return achieved.fact("achieved_16bit").p50 / achieved.peak_tflops


def power(device: devices.Device, exclude: Sequence[str] = ()) -> Quantity:
    """Watts to expect per device while training, its share of the server included."""
    seen = without(power_cases(), exclude)
    new = Case(device.generation, "", (float(device.kind == "TPU"), 0.0))
    low, high = _interval(*predict(seen, new, POWER))
    return lognormal(low, high, "", "assumed", "power over TDP", *_sources(seen)) * device.tdp


def pue(exclude: Sequence[str] = ()) -> Quantity:
    """PUE to expect of a data centre: anywhere between the lowest and highest that a published run prints.

    >>> print(pue())
    1.33 (90 %: 1.11-1.55), assumed (PUE), 10 sources
    """
    cases = [
        Case("", run.family, (), run.fact("pue").p50, run.lineage, run.name, run.fact("pue").sources[0])
        for run in published.runs().values()
        if "pue" in run.facts
    ]
    seen = without(cases, exclude)
    if not seen:
        raise ValueError(f"exclude={tuple(exclude)!r} leaves no run that prints a PUE: exclude less")
    values = [case.log for case in seen]
    return uniform(min(values), max(values), "", "assumed", "PUE", *_sources(seen))
