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


@pytest.mark.parametrize(
    ("reported", "device"),
    [
        ("NVIDIA H100 80GB HBM3", "H100 SXM"), ("NVIDIA H100 PCIe", "H100 PCIe"), ("NVIDIA H200", "H200 SXM"),
        ("NVIDIA A100-SXM4-80GB", "A100 SXM 80GB"), ("NVIDIA A100 80GB PCIe", "A100 PCIe 80GB"),
        ("NVIDIA A100-PCIE-40GB", "A100 PCIe 40GB"), ("Tesla V100-SXM2-16GB", "V100 SXM2"),
        ("Tesla P100-PCIE-16GB", "P100 PCIe"), ("NVIDIA GeForce RTX 4090", "RTX 4090"), ("Tesla T4", "T4"),
    ],
)  # fmt: skip
def test_property_a_name_as_torch_reports_it_is_found(reported, device):
    """`a2e.machine.accelerator` writes it into run records."""
    assert find(reported).name == device


def test_property_what_a_reader_does_to_facts_changes_no_later_result():
    find("H100").facts["tdp"] = find("V100").tdp
    find("A100").facts.clear()
    assert find("H100").tdp_watts == 700 and find("A100").peak_tflops == 312


@pytest.mark.parametrize("name", ALL)
def test_property_facts_have_units_tiers_and_sources(name):
    device = find(name)
    assert device.kind in ("GPU", "TPU") and device.generation
    assert device.peak.to("TFLOP/s").p50 > 1
    for fact in device.facts.values():
        assert fact.sources and fact.p50 > 0


@pytest.mark.parametrize(("name", "near"), [("H1000", "H100 SXM"), ("A10O", "A100"), ("zzz", "TPUv3")])
def test_edge_unknown_device_names_the_nearest(name, near):
    with pytest.raises(ValueError, match=f"name is '{name}': did you mean .*{near}"):
        find(name)


@pytest.mark.parametrize("name", ["TPUv4", "TPUv5e", "GH200"])
def test_edge_missing_tdp_is_refused_with_a_sentence(name):
    with pytest.raises(
        ValueError, match=f"quantity is 'tdp': give a measured value, as none of {name} is published"
    ):
        find(name).tdp_watts  # noqa: B018


def test_property_devices_are_equal_by_what_they_are_and_can_be_keys():
    assert len({find("A100"), find("A100-SXM4-80GB"), find("A100 SXM 80GB"), find("H100")}) == 2
    assert find("A100") == find("A100 80GB") != find("A100 40GB")


@pytest.mark.parametrize("name", [None, 3, ""])
def test_edge_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match=f"name is {name!r}: give a text that is not empty"):
        find(name)
