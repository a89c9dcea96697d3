"""Accelerators: the fastest they could compute (dense peak) and the power their cooling is built for (TDP).

Makers also print a peak twice as high "with sparsity", reached only when half of all weights are zeros in a
fixed pattern. No run in this course works so; the data hold dense peaks alone.

>>> h100 = find("H100")
>>> h100.name, h100.peak_tflops, h100.tdp_watts
('H100 SXM', 989.0, 700.0)
"""

import csv
import difflib
from dataclasses import dataclass, field, replace
from functools import cache

from a2e.emissions.quantity import Quantity, exact
from a2e.paths import DATA
from a2e.shapes import Text, checked


@checked
@dataclass(frozen=True)
class Device:
    """An accelerator with the facts of ``data/devices.csv``; ``generation`` is its maker's (Volta, TPUv3).

    Two devices are equal if name, kind and generation are; facts are not compared.
    """

    name: Text
    kind: Text
    generation: str
    facts: dict[str, Quantity] = field(compare=False)

    @checked
    def fact(self, quantity: Text) -> Quantity:
        """Return one of the device's facts, such as ``peak_16bit`` or ``tdp``.

        Raise ``ValueError`` when nobody published it.

        >>> print(find("V100").fact("tdp"))
        300 W, assumed (V100 SXM2 tdp without a spread), 1 source
        """
        if quantity not in self.facts:
            published = f", or take one of {', '.join(self.facts)}" if self.facts else ""
            raise ValueError(f"quantity is {quantity!r}: give a measured value, as none of {self.name} is "
                             f"published{published}")  # fmt: skip
        return self.facts[quantity]

    @property
    def peak(self) -> Quantity:
        """Dense peak with 16-bit numbers, in TFLOP/s."""
        return self.fact("peak_16bit")

    @property
    def tdp(self) -> Quantity:
        """Thermal design power in watts; ``ValueError`` for a device without a published one."""
        return self.fact("tdp")

    @property
    def peak_tflops(self) -> float:
        """Dense 16-bit peak in TFLOP/s as a plain number."""
        return self.peak.p50

    @property
    def tdp_watts(self) -> float:
        """Thermal design power in watts as a plain number."""
        return self.tdp.p50


@checked
def find(name: Text) -> Device:
    """Return the device of that name or alias; a bare ``A100`` is the 80 GB SXM one, a bare ``H100`` the SXM.

    Raise ``ValueError`` with the nearest names when the data have no such device. Facts are the caller's own
    copy: what they change is in no later result.

    >>> find("a100-sxm4-40gb").name, find("TPU v3").peak_tflops
    ('A100 SXM 40GB', 123.0)
    """
    found = _names().get(_key(name))
    if found is None:
        near = difflib.get_close_matches(_key(name), list(_names()), n=6, cutoff=0.4)
        hint = ", ".join(dict.fromkeys(_names()[key] for key in near)) or ", ".join(sorted(_all()))
        raise ValueError(f"name is {name!r}: did you mean {hint}?")
    device = _all()[found]
    return replace(device, facts=dict(device.facts))


def _key(name: str) -> str:
    """Return ``name`` without case, spaces and hyphens."""
    return name.lower().replace(" ", "").replace("-", "").replace("nvidia", "")


@cache
def _names() -> dict[str, str]:
    """Return the canonical name by every plain name and alias."""
    with (DATA / "device_names.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        _key(alias): row["device"]
        for row in rows
        for alias in (row["device"], *filter(None, row["aliases"].split("|")))
    }


@cache
def _all() -> dict[str, Device]:
    facts: dict[str, dict[str, Quantity]] = {}
    with (DATA / "devices.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            label = f"{row['device']} {row['quantity']}"
            value = exact(float(row["value"]), row["unit"], row["tier"], label, row["source"])
            facts.setdefault(row["device"], {})[row["quantity"]] = value
    with (DATA / "device_names.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [(row["device"], row["kind"], row["generation"]) for row in rows]
    return {name: Device(name, kind, generation, facts[name]) for name, kind, generation in names}
