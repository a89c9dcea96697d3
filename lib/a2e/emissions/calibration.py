"""How good the priors are on families that they have not seen: ``python -m a2e.emissions.calibration``.

Each family of published runs is predicted from all others. The error of a run is how far its predicted
median lies from what was published; its interval covers it when it lies between p05 and p95.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from a2e.emissions.draws import Z95
from a2e.emissions.priors import MFU, POWER, Case, Scales, mfu_cases, power_cases, predict
from a2e.shapes import Positive, checked, refuse


@checked
@dataclass(frozen=True)
class Prediction:
    """One run predicted by a prior without its family: predicted over published, covered or not, p95/p05."""

    run: str
    family: str
    ratio: Positive
    covered: bool
    spread: Positive


def _check_some(**runs: Sequence[object]) -> None:
    for name, given in runs.items():
        refuse(not given, f"{name} is []: give at least one run")


@checked
def leave_family_out(cases: Sequence[Case], scales: Scales) -> list[Prediction]:
    """Return each run predicted from the runs of other families and lineages.

    The scales were set by somebody who had seen all runs, so this tests what is learned from the rows, not
    the scales.

    >>> [first] = [p for p in leave_family_out(mfu_cases(), MFU) if p.run == "gopher-280b"]
    >>> first.covered
    True
    """
    _check_some(cases=cases)
    predictions = []
    for case in cases:
        seen = [other for other in cases if other.family != case.family and other.lineage != case.lineage]
        mean, sd = predict(seen, replace(case, family=""), scales)  # no family that has been seen
        covered = abs(case.log - mean) <= Z95 * sd
        ratio, spread = math.exp(mean - case.log), math.exp(2 * Z95 * sd)
        predictions.append(Prediction(case.run, case.family, ratio, covered, spread))
    return predictions


@checked
def median_error(predictions: Sequence[Prediction]) -> float:
    """Return the median absolute error of predicted hours (or power), a share of the published (MdAPE)."""
    _check_some(predictions=predictions)
    return statistics.median(abs(prediction.ratio - 1) for prediction in predictions)


@checked
def coverage(predictions: Sequence[Prediction]) -> float:
    """Return the share of runs whose published value lies inside the 90 % interval."""
    _check_some(predictions=predictions)
    return statistics.fmean(prediction.covered for prediction in predictions)


@checked
def report(name: str, predictions: Sequence[Prediction]) -> str:
    """Return a line of scores over a table of runs."""
    share = f"{coverage(predictions):.0%} of intervals cover it"
    spread = statistics.median(prediction.spread for prediction in predictions)
    families = len({prediction.family for prediction in predictions})
    rows = [
        f"  {one.run:25s} predicted / true {one.ratio:.2f} p95/p05 {one.spread:.1f} "
        + ("hit" if one.covered else "miss")
        for one in predictions
    ]
    head = (
        f"{name}: {len(predictions)} runs of {families} families, each family held out: "
        f"median error {median_error(predictions):.0%}, {share}, median p95/p05 {spread:.1f}"
    )
    return "\n".join([head, *rows])


@checked
def hours(predictions: Sequence[Prediction]) -> list[Prediction]:
    """Return the predictions of hours that those of MFU are: hours fall as MFU rises."""
    return [replace(prediction, ratio=1 / prediction.ratio) for prediction in predictions]


if __name__ == "__main__":
    print(report("device-hours", hours(leave_family_out(mfu_cases(), MFU))))
    print(report("power", leave_family_out(power_cases(), POWER)))
