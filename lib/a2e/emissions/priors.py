"""What to expect of a run that nobody has seen, learned from published runs: utilisation, power, PUE.

A run's MFU (the share of a chip's dense peak that its model's FLOPs reach) is taken as log-normal. Its
logarithm is a sum of deviations from one overall level: one that all runs on a chip generation share, one
that all runs of a family share (a team and its code), one of the run itself; plus an effect of being a
mixture of experts, and one of being small (under a billion parameters). Each is normal around zero with a
standard deviation set by hand, all round numbers. What the published rows then say about a new run is a
conditional normal distribution. So eight rows of one family weigh little more than one row, and a chip
generation that no row has seen gets the overall level and a wider interval.

Each call makes a new input with draws of its own, as another run would be another run: for one run, call
once and use that object.

>>> from a2e.emissions.devices import find
>>> print(utilisation(find("V100"), 175e9, exclude=("patterson21", "gpt3")))
0.306 (90 %: 0.179-0.525), assumed (MFU), 10 sources
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np

from a2e.emissions import devices, published
from a2e.emissions.draws import Z95
from a2e.emissions.quantity import Quantity, lognormal, uniform
from a2e.scale.flops import training_flops
from a2e.shapes import Finite, NonNegative, Positive, checked, refuse


@checked
@dataclass(frozen=True)
class Scales:
    """Standard deviations, in logarithms (0.2 is about 20 %), and the level expected before any data."""

    level: Finite
    level_sd: NonNegative
    effect: NonNegative
    generation: NonNegative
    family: NonNegative
    run: Positive


MFU = Scales(level=math.log(0.35), level_sd=0.3, effect=0.2, generation=0.2, family=0.2, run=0.1)
POWER = Scales(level=0.0, level_sd=0.25, effect=0.3, generation=0.15, family=0.15, run=0.05)


class MfuEffects(NamedTuple):
    """Powers of ten below a billion parameters (-1 at 100 million), and 1 for a mixture of experts."""

    small: float = 0.0
    mixture: float = 0.0


class PowerEffects(NamedTuple):
    """1 for a TPU."""

    tpu: float = 0.0


@checked
@dataclass(frozen=True)
class Case:
    """One run as the model sees it: what it shares with others, its effects, and the logarithm observed."""

    generation: str
    family: str
    effects: tuple[Finite, ...]
    log: Finite = 0.0
    lineage: str = ""
    run: str = ""
    source: str = ""


@checked
def covariance(left: Sequence[Case], right: Sequence[Case], scales: Scales) -> np.ndarray:
    """Return how far the logarithms of two cases move together, for each pair: their covariances, without the
    runs' own deviations.

    >>> a, b = Case("Hopper", "phi", MfuEffects()), Case("Hopper", "grin", MfuEffects(mixture=1.0))
    >>> covariance([a], [a, b], MFU).round(2)
    array([[0.17, 0.13]])
    """
    sizes = {len(case.effects) for case in (*left, *right)}
    refuse(len(sizes) > 1, f"effects is of {sizes} numbers: give each case as many, such as MfuEffects()")
    effects = np.array([a.effects for a in left]) @ np.array([b.effects for b in right]).T
    generation = np.array([[a.generation == b.generation for b in right] for a in left])
    family = np.array([[a.family == b.family for b in right] for a in left])
    shared = scales.generation**2 * generation + scales.family**2 * family
    return scales.level_sd**2 + scales.effect**2 * effects + shared


@checked
def predict(seen: Sequence[Case], new: Case, scales: Scales) -> tuple[float, float]:
    """Return mean and standard deviation of the new case's logarithm, given the cases seen (Gaussian
    conditioning).

    Nothing seen leaves the prior:

    >>> mean, sd = predict([], Case("Volta", "gpt3", MfuEffects()), MFU)
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


@checked
def mfu_effects(parameters: Positive, mixture: bool) -> MfuEffects:
    """Return the effects on MFU of a model with so many (active) parameters, at least 1.

    >>> mfu_effects(1e8, True), mfu_effects(175e9, False)
    (MfuEffects(small=-1.0, mixture=1.0), MfuEffects(small=0.0, mixture=0.0))
    """
    refuse(parameters < 1, f"parameters is {parameters:g}: give a count of at least 1")
    return MfuEffects(min(math.log10(parameters / 1e9), 0.0), float(mixture))


@cache
def mfu_cases() -> tuple[Case, ...]:
    """Return the published runs whose hours can be predicted fairly from their FLOPs."""
    cases = []
    for run in published.runs().values():
        if not run.hours_fair:
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
    """Return the published runs whose power was measured, as power over TDP."""
    cases = []
    for run in published.runs().values():
        if not run.energy_measured:
            continue
        device = devices.find(run.device)
        effects = PowerEffects(float(device.kind == "TPU"))
        log, source = math.log(run.fact("power").p50 / device.tdp_watts), run.fact("power").sources[0]
        cases.append(Case(device.generation, run.family, effects, log, run.lineage, run.name, source))
    return tuple(cases)


@checked
def without(cases: Sequence[Case], exclude: Sequence[str]) -> list[Case]:
    """Return the cases of no family, lineage or run in ``exclude``; ``ValueError`` for an unknown name."""
    _check_known(exclude)
    return [case for case in cases if not {case.family, case.lineage, case.run} & set(exclude)]


def _check_known(exclude: Sequence[str]) -> None:
    known = {name for run in published.runs().values() for name in (run.family, run.lineage, run.name)}
    for name in exclude:
        if name not in known:
            raise ValueError(f"exclude is {name!r}: give families, lineages or runs of "
                             "data/published_models.csv, such as opt")  # fmt: skip


def _interval(mean: float, sd: float) -> tuple[float, float]:
    return math.exp(mean - Z95 * sd), math.exp(mean + Z95 * sd)


def _sources(sources: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sources)) or ("a2e.emissions.priors, before any data",)


@checked
def utilisation(
    device: devices.Device, parameters: Positive, mixture: bool = False, exclude: Sequence[str] = ()
) -> Quantity:
    """Return the MFU to expect of a run on ``device`` of a model with so many (active) parameters.

    ``exclude`` names families, lineages or runs that the prior must not have seen. The tail is cut at the
    best share of its peak that anybody reached with such a chip, multiplying large dense matrices. Below the
    data's smallest model (70 million parameters) it extrapolates.
    """
    seen = without(mfu_cases(), exclude)
    new = Case(device.generation, "", mfu_effects(parameters, mixture))
    low, high = _interval(*predict(seen, new, MFU))
    mfu = lognormal(low, high, "", "assumed", "MFU", *_sources([case.source for case in seen]))
    return replace(mfu, samples=np.minimum(mfu.samples, _ceiling(device)))


def _ceiling(device: devices.Device) -> float:
    """Return the highest share of the dense peak reached on ``device``, or else on an A100."""
    achieved = device if "achieved_16bit" in device.facts else devices.find("A100")
    return achieved.fact("achieved_16bit").p50 / achieved.peak_tflops


@checked
def power(device: devices.Device, exclude: Sequence[str] = ()) -> Quantity:
    """Return the watts to expect per device while training, its share of the server included.

    Of published runs, only those whose power was metered so are used.
    """
    seen = without(power_cases(), exclude)
    new = Case(device.generation, "", PowerEffects(tpu=float(device.kind == "TPU")))
    low, high = _interval(*predict(seen, new, POWER))
    sources = _sources([case.source for case in seen])
    return lognormal(low, high, "", "assumed", "power over TDP", *sources) * device.tdp


@checked
def pue(exclude: Sequence[str] = ()) -> Quantity:
    """Return the PUE to expect of a **data centre**: between the lowest and highest that published runs give.

    The lowest, 1.08, is of a site of Google's. The highest, 1.58, is what Strubell et al. (2019, section 2)
    took for runs whose buildings they did not know: by them the global average of data centres in 2018
    (Ascierto 2018). Patterson et al. (2021, section 2.3) call the same number the average of the United
    States in 2018, and give 1.59 for 2020.

    A machine at home or in an office stands in no such building: take `no_building`.

    >>> print(pue())
    1.33 (90 %: 1.11-1.55), assumed (PUE), 10 sources
    """
    _check_known(exclude)
    runs = [
        run for run in published.runs().values() if not {run.family, run.lineage, run.name} & set(exclude)
    ]
    printed = [run.fact("pue") for run in runs if "pue" in run.facts]
    refuse(not printed, f"exclude is {tuple(exclude)}: leave at least one run that prints a PUE")
    values = [value.p50 for value in printed]
    sources = _sources([value.sources[0] for value in printed])
    return uniform(min(values), max(values), "", "assumed", "PUE", *sources)


@cache
def no_building() -> Quantity:
    """Return a PUE of exactly 1, by definition: the boundary is the machine, and no building's cooling is
    counted. It is a convention, so assumed, and named in what rests on it; one object, since one fact.

    >>> print(no_building())
    1, assumed (no building counted), 1 source
    """
    return Quantity(np.ones(1), "", "assumed", ("no building counted",), ("PUE 1 by definition",))
