"""How a quantity is printed: its median with the 90 % interval, and the inputs that its tier rests on."""

import numpy as np

from a2e.emissions.units import label, number
from a2e.shapes import Text, checked

_ALONE = " without a spread"


def varies(samples: np.ndarray) -> bool:
    """Say whether ``samples`` have a spread: whether two of them differ."""
    return bool(samples.min() < samples.max())


@checked
def amount(samples: np.ndarray, unit: str) -> str:
    """Return median, unit and 90 % interval of ``samples``, or the one number that all of them are.

    >>> amount(np.array([2.0, 3.0, 4.0]), "tCO2e"), amount(np.array([1287.4]), "MWh")
    ('3 t CO2e (90 %: 2.1-3.9)', '1,287 MWh')
    """
    p05, p50, p95 = (float(np.quantile(samples, share)) for share in (0.05, 0.5, 0.95))
    spread = varies(samples)
    text = f"{number(p50, 3 if spread else 4)} {label(unit)}".strip()
    joint = " to " if p05 < 0 else "-"
    return f"{text} (90 %: {number(p05, 3)}{joint}{number(p95, 3)})" if spread else text


@checked
def alone(name: Text) -> str:
    """Return the name of an assumed input as results give it when it has no spread.

    >>> alone("MFU"), alone(alone("MFU"))
    ('MFU without a spread', 'MFU without a spread')
    """
    return f"{name.removesuffix(_ALONE)}{_ALONE}"


@checked
def inputs(names: tuple[Text, ...]) -> str:
    """Return the first two of ``names``; that both are without a spread is said once.

    >>> inputs(("grid", alone("PUE"))), inputs((alone("MFU"), alone("PUE"), "grid"))
    ('grid, PUE without a spread', 'MFU and PUE without a spread, …')
    """
    first, more = names[:2], ", …" if len(names) > 2 else ""
    if len(first) == 2 and all(name.endswith(_ALONE) for name in first):
        return alone(" and ".join(name.removesuffix(_ALONE) for name in first)) + more
    return ", ".join(first) + more
