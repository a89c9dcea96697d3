"""Learning-rate schedules: functions from the step to a factor between 0 and 1."""


def warmup_linear(step: int, steps: int, warmup: int = 0) -> float:
    """Rise linearly over ``warmup`` steps, then fall linearly to zero at ``steps``.

    Args:
        step: the step about to be taken, 0 to ``steps - 1``.
        steps: length of the run.
        warmup: steps until the full rate.

    >>> [round(warmup_linear(step, steps=5, warmup=2), 2) for step in range(5)]
    [0.5, 1.0, 1.0, 0.67, 0.33]
    """
    if not 0 <= step < steps:
        raise ValueError(f"step={step} must lie between 0 and steps - 1 = {steps - 1}")
    if not 0 <= warmup < steps:
        raise ValueError(f"warmup={warmup} must lie between 0 and steps - 1 = {steps - 1}")
    if step < warmup:
        return (step + 1) / warmup
    return (steps - step) / (steps - warmup)


def constant(step: int, steps: int) -> float:
    """The same rate at every step: what a schedule is compared with."""
    if not 0 <= step < steps:
        raise ValueError(f"step={step} must lie between 0 and steps - 1 = {steps - 1}")
    return 1.0
