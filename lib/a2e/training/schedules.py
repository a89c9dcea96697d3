"""Learning-rate schedules: functions from the step to a factor between 0 and 1."""

from a2e.shapes import Count, Natural, checked


@checked
def warmup_linear(step: Natural, steps: Count, warmup: Natural = 0) -> float:
    """Return a factor that rises linearly over ``warmup`` steps, then falls linearly to zero at ``steps``.

    Args:
        step: the step about to be taken, 0 to ``steps - 1``.
        steps: length of the run.
        warmup: steps until the full rate, fewer than ``steps``.

    >>> [round(warmup_linear(step, steps=5, warmup=2), 2) for step in range(5)]
    [0.5, 1.0, 1.0, 0.67, 0.33]
    """
    for name, value in (("step", step), ("warmup", warmup)):
        if value >= steps:
            raise ValueError(f"{name} is {value}: give fewer than steps={steps}")
    if step < warmup:
        return (step + 1) / warmup
    return (steps - step) / (steps - warmup)
