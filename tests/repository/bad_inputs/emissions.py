"""Calls of the part emissions."""

from tests.repository.bad_inputs.kinds import Arguments, Right

INPUT: Arguments = {
    "unit": ("'W'", "unit"), "tier": ("'measured'", "tier"), "name": ("'a'", "full text"),
    "*sources": ("('b',)", "sources"),
}  # fmt: skip
PLACE: Arguments = {"place": ("'France'", "place"), "source": ("'ecologits'", "grid source")}
PREDICTIONS: Arguments = {"predictions": ("predicted", "cases")}
CPUINFO: Arguments = {"text": ("'flags : hypervisor'", "optional text")}
FILE: Arguments = {"package": ("'ecologits'", "full text"), "path": ("'data/electricity_mixes.json'",
    "full text")}
WATTS = "ThreadPower(4.0, 5.0, 'assumed', 'a')"

CALLS: dict[str, Arguments] = {
    "emissions.calibration.Prediction": {
        "run": ("'a'", "text"), "family": ("'a'", "text"), "ratio": ("1.1", "positive"), "covered": ("True",
            "flag"),
        "spread": ("2.0", "positive"),
    },
    "emissions.calibration.leave_family_out": {"cases": ("MFU_CASES", "cases"), "scales": ("MFU", "scales")},
    "emissions.calibration.median_error": PREDICTIONS,
    "emissions.calibration.coverage": PREDICTIONS,
    "emissions.calibration.report": {"name": ("'a'", "text"), **PREDICTIONS},
    "emissions.calibration.hours": PREDICTIONS,
    "emissions.codecarbon.Tracked": {
        "seconds": ("1.0", "not negative"), "cpu_kwh": ("1.0", "not negative"), "ram_kwh": ("1.0",
            "not negative"),
        "cpu_way": ("'modelled'", "tier"),
    },
    "emissions.codecarbon.track": {"work": ("lambda: None", "function"), "every_seconds": ("0.5",
        "positive")},
    "emissions.cpu.ThreadPower": {
        "watts": ("4.0", "positive"), "factor": ("5.0", "positive"), "tier": ("'assumed'", "tier"),
        "source": ("'a'", "full text"),
    },
    "emissions.cpu.is_virtual": CPUINFO,
    "emissions.cpu.rapl_tier": CPUINFO,
    "emissions.cpu.tdp_watts": {"name": ("'AMD EPYC 7763'", "text")},
    "emissions.cpu.thread_power": {
        "name": ("'AMD EPYC 7763'", "optional text"), "virtual": ("False", "optional flag"),
        "threads": ("128", "optional count"),
    },
    "emissions.devices.Device": {
        "name": ("'a'", "full text"), "kind": ("'GPU'", "full text"), "generation": ("'b'", "text"),
        "facts": ("{'tdp': W}", "facts"),
    },
    "emissions.devices.Device.fact": {"self": ("A100", ""), "quantity": ("'tdp'", "full text")},
    "emissions.devices.find": {"name": ("'A100'", "full text")},
    "emissions.estimate.flops": {
        "parameters": ("8", "positive"), "tokens": ("8.0", "positive"), "*sources": ("('a',)", "sources"),
    },
    "emissions.estimate.device_hours": {
        "work": ("exact(1e20, 'FLOP', 'modelled', 'a', 'b')", "quantity"), "device": ("A100", "device"),
        "utilisation": ("exact(0.3, '', 'measured', 'a', 'b')", "quantity"),
    },
    "emissions.estimate.it_energy": {
        "hours": ("exact(8, 'h', 'measured', 'a', 'b')", "quantity"), "power": ("W", "quantity"),
    },
    "emissions.estimate.facility_energy": {
        "energy": ("E", "quantity"), "pue": ("exact(1.1, '', 'measured', 'a', 'b')", "quantity"),
    },
    "emissions.estimate.carbon": {
        "energy": ("E", "quantity"), "intensity": ("exact(400, 'gCO2e/kWh', 'modelled', 'a', 'b')",
            "quantity"),
    },
    "emissions.estimate.run_energy": {"run": ("run", "record")},
    "emissions.grid.code": {"place": PLACE["place"]},
    "emissions.grid.grams_per_kwh": PLACE,
    "emissions.grid.source_line": {"source": PLACE["source"]},
    "emissions.grid.intensity": PLACE,
    "emissions.grid.intensity_prior": {"place": PLACE["place"]},
    "emissions.meter.Reading": {
        **dict.fromkeys(("seconds", "cpu_seconds"), ("1.0", "not negative")),
        **{name: (f"reading.{name}", "not negative") for name in ("kwh", "kwh_p05", "kwh_p95")},
        "tier": ("'assumed'", "tier"), "way": ("'modelled'", "tier"), "method": ("'a'", "text"),
        "by_way": ("reading.by_way", "entry"), "not_measured": ("''", "text"),
    },
    "emissions.meter.three_ways": {
        "seconds": ("1.0", "not negative"), "cpu_seconds": ("1.0", "not negative"),
        "measured_kwh": ("None", "optional amount"), "power": (WATTS, "optional object"),
        "threads": ("2", "optional count"),
        "not_measured": ("''", "text"),
    },
    "emissions.meter.Rapl": {"root": ("folder", "path")},
    "emissions.meter.Meter": {"rapl": ("folder", "path"), "every_seconds": ("30.0", "positive")},
    "emissions.packages.data_file": FILE,
    "emissions.packages.data_json": FILE,
    "emissions.packages.version": {"package": FILE["package"]},
    "emissions.places.find": {"place": PLACE["place"]},
    "emissions.places.nearest": {"place": ("'Frence'", "full text"), "codes": ("{'FRA'}", "names of places")},
    "emissions.priors.Scales": {
        "level": ("0.0", "finite"),
        **dict.fromkeys(("level_sd", "effect", "generation", "family", "run"), ("0.1", "not negative")),
    },
    "emissions.priors.Case": {
        "generation": ("'a'", "text"), "family": ("'a'", "text"), "effects": ("(0.0, 0.0)", "effects"),
        "log": ("0.0", "finite"), "lineage": ("'a'", "text"), "run": ("'a'", "text"), "source": ("'a'",
            "text"),
    },
    "emissions.priors.covariance": {
        "left": ("MFU_CASES", "cases"), "right": ("MFU_CASES", "cases"), "scales": ("MFU", "scales"),
    },
    "emissions.priors.predict": {
        "seen": ("MFU_CASES", "cases"), "new": ("MFU_CASES[0]", "case"), "scales": ("MFU", "scales"),
    },
    "emissions.priors.mfu_effects": {"parameters": ("1e8", "positive"), "mixture": ("True", "flag")},
    "emissions.priors.without": {"cases": ("MFU_CASES", "cases"), "exclude": ("['opt']", "exclude")},
    "emissions.priors.utilisation": {
        "device": ("A100", "device"), "parameters": ("7e9", "positive"), "mixture": ("False", "flag"),
        "exclude": ("['opt']", "exclude"),
    },
    "emissions.priors.power": {"device": ("A100", "device"), "exclude": ("['opt']", "exclude")},
    "emissions.priors.pue": {"exclude": ("['opt']", "exclude")},
    "emissions.published.Run": {
        **dict.fromkeys(("name", "model", "family", "lineage"), ("'a'", "full text")),
        **dict.fromkeys(("architecture", "device"), ("'a'", "text")),
        **dict.fromkeys(("hours_fair", "energy_measured", "circular"), ("True", "flag")),
        "facts": ("{'tdp': W}", "facts"), "scopes": ("{'tdp': 'a'}", "facts"), "secondary": ("frozenset()",
            "object"),
    },
    "emissions.published.Run.fact": {"self": ("GPT3", ""), "quantity": ("'power'", "full text")},
    "emissions.published.find": {"name": ("'p21-gpt3'", "full text")},
    "emissions.quantity.Quantity": {
        "samples": ("np.ones(1)", "samples"), "unit": INPUT["unit"], "tier": INPUT["tier"],
        "worst_inputs": ("('a',)", "several names"), "sources": ("('a',)", "several names"),
    },
    "emissions.quantity.Quantity.quantile": {"self": ("E", ""), "share": ("0.5", "probability")},
    "emissions.quantity.Quantity.to": {"self": ("E", ""), "unit": ("'J'", "unit")},
    "emissions.quantity.exact": {"value": ("5.0", "finite"), **INPUT},
    "emissions.quantity.uniform": {"low": ("1.0", "finite"), "high": ("2.0", "finite"), **INPUT},
    "emissions.quantity.lognormal": {"p05": ("1.0", "positive"), "p95": ("2.0", "positive"), **INPUT},
    "emissions.units.base": {"unit": ("'W'", "unit")},
    "emissions.units.number": {"value": ("1.0", "number"), "digits": ("3", "count")},
    "emissions.units.parse": {"unit": ("'W'", "unit")},
    "emissions.units.kind": {"unit": ("'W'", "unit")},
    "emissions.units.factor": {"unit": ("'W'", "unit"), "to": ("'kW'", "unit")},
    "emissions.units.product": {"left": ("'W'", "unit"), "right": ("'h'", "unit"), "power": ("1", "integer")},
    "emissions.units.readable": {"unit": ("'W'", "unit"), "value": ("5.0", "finite")},
    "emissions.units.label": {"unit": ("'W'", "unit")},
}  # fmt: skip

RIGHT: Right = {
    ("emissions.units.product", "power"): {"True": "(1.0, 'Wh')"},
    ("emissions.places.find", "place"): {value: "None" for value in ("'Atlantis'", "'Frence'", "'12'",
        "'日本国X'")},
}

UNVARIED: dict[str, str] = {
    "emissions.draws.order": "uniform and lognormal draw with it; readers call those",
    **{f"emissions.printed.{name}": "str of a Quantity calls it"
       for name in ("amount", "alone", "inputs", "varies")},
    **{f"emissions.quantity_order.{name}": "== and < of a Quantity call it"
       for name in ("above", "same", "same_number", "hash_of", "is_number", "is_in")},
    "emissions.estimate.link": "the decorator of the links; readers call those",
    "emissions.priors.MfuEffects": "a tuple of two numbers, which Case checks",
    "emissions.priors.PowerEffects": "a tuple of two numbers, which Case checks",
}  # fmt: skip
