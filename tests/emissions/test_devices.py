import csv

import pytest
from a2e.emissions import devices
from a2e.emissions.devices import find
from a2e.paths import DATA

ALL = sorted(devices._all())


@pytest.mark.parametrize(
    ("name", "peak", "tdp"),
    [
        ("P100", 18.7, 250),
        ("P100 SXM2", 21.2, 300),
        ("V100", 125, 300),
        ("A100", 312, 400),
        ("H100", 989, 700),
        ("H100 PCIe", 756, 350),
        ("TPUv3", 123, 450),
    ],
)
def test_oracle_peaks_and_tdp_as_published(name, peak, tdp):
    assert (find(name).peak_tflops, find(name).tdp_watts) == (peak, tdp)


@pytest.mark.parametrize("name", ALL)
def test_property_peaks_are_dense(name):
    """Halving the bits doubles a dense peak; a sparse one would be four times, and out of anyone's reach."""
    facts = devices.find(name).facts
    if "peak_tf32" in facts:
        assert facts["peak_16bit"].p50 / facts["peak_tf32"].p50 == pytest.approx(2, rel=0.01)
    if "peak_fp8" in facts:
        assert facts["peak_fp8"].p50 / facts["peak_16bit"].p50 == pytest.approx(2, rel=0.03)
    if "achieved_16bit" in facts:
        assert 0.5 < facts["achieved_16bit"].p50 / facts["peak_16bit"].p50 < 1


def test_property_every_alias_finds_one_device():
    with (DATA / "device_names.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for alias in (row["device"], *filter(None, row["aliases"].split("|"))):
            assert find(alias).name == row["device"], alias


def test_property_case_spaces_and_hyphens_do_not_matter():
    assert find("nvidia a100-SXM4-80gb").name == find("A100 SXM 80GB").name


@pytest.mark.parametrize("name", ALL)
def test_property_facts_have_units_tiers_and_sources(name):
    device = find(name)
    assert device.kind in ("GPU", "TPU") and device.generation
    assert device.peak.to("TFLOP/s").p50 > 1
    for fact in device.facts.values():
        assert fact.sources and fact.p50 > 0


@pytest.mark.parametrize(("name", "near"), [("H1000", "H100 SXM"), ("A10O", "A100"), ("zzz", "TPUv3")])
def test_edge_unknown_device_names_the_nearest(name, near):
    with pytest.raises(ValueError, match=f"device='{name}' is not in data/devices.csv: .*{near}"):
        find(name)


@pytest.mark.parametrize("name", ["TPUv4", "TPUv5e", "GH200"])
def test_edge_missing_tdp_is_refused_with_a_sentence(name):
    with pytest.raises(ValueError, match=f"{name} has no published tdp: give a measured value"):
        find(name).tdp_watts  # noqa: B018
