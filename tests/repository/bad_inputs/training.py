"""Calls of the parts training, adaptation and scale."""

from tests.repository.bad_inputs.kinds import Arguments, Right

ENERGY = ("{'kwh': 1e-6, 'kwh_p05': 2e-7, 'kwh_p95': 5e-6, 'tier': 'assumed', 'way': 'modelled', "
          "'method': '4 W', 'by_way': {'measured': None, 'modelled': 1e-6, 'assumed': 2e-6}}")  # fmt: skip
ADAMW: Arguments = {
    "params": ("[parameter()]", "parameters"), "lr": ("1e-3", "positive"), "betas": ("(0.9, 0.99)", "betas"),
    "eps": ("1e-8", "positive"), "weight_decay": ("0.01", "not negative"),
}  # fmt: skip
CONFIGURATION: Arguments = {"configuration": ("small", "configuration")}

CALLS: dict[str, Arguments] = {
    "training.loop.autocast": {"precision": ("'fp32'", "choice"), "model": ("line", "module")},
    "training.loop.evaluating": {"model": ("line", "module")},
    "training.loop.History": {
        "losses": ("[1.0]", "numbers"), "factors": ("[1.0]", "numbers"), "gradient_norms": ("[1.0]",
            "numbers"),
        "seconds": ("1.0", "number"),
    },
    "training.loop.History.add": {
        "self": ("loop.History()", ""), **dict.fromkeys(("loss", "factor", "gradient_norm",
            "seconds"), ("1.0", "number")),
    },
    "training.loop.random_windows": {
        "tokens": ("ints(9)", "line of ids"), "batch": ("2", "count"), "length": ("3", "count"),
        "generator": ("seeded()", "generator"),
    },
    "training.loop.train": {
        "model": ("line", "module"), "compute_loss": ("lambda: line(floats(3, 2)).mean()", "function"),
        "optimizers": ("[AdamW(line.parameters())]", "optimizers"), "steps": ("1", "count"),
        "schedule": ("lambda step: 1.0", "optional function"), "precision": ("'fp32'", "choice"),
        "clip": ("1.0", "positive"), "every": ("1", "count"), "callback": ("lambda step: None",
            "optional function"),
        "progress": ("False", "flag"),
    },
    "training.loop.windows": {"tokens": ("ints(9)", "line of ids"), "length": ("3", "count"),
        "batch": ("2", "count")},
    "training.loop.evaluate": {
        "model": ("decoder", "module"), "tokens": ("ints(9)", "line of ids"), "length": ("3", "count"),
        "batch": ("2", "count"), "precision": ("'fp32'", "choice"),
    },
    "training.optimizers.AdamW": ADAMW,
    "training.optimizers.AdamW.step": {"self": ("AdamW([parameter()])", ""), "closure": ("None", "closure")},
    "training.optimizers.Muon": {
        "params": ADAMW["params"], "lr": ADAMW["lr"], "momentum": ("0.9", "below one"),
        "weight_decay": ADAMW["weight_decay"],
    },
    "training.optimizers.Muon.step": {"self": ("Muon([parameter()])", ""), "closure": ("None", "closure")},
    "training.optimizers.GroupedOptimizer.add_param_group": {
        "self": ("Muon([parameter()])", ""), "param_group": ("{'params': [parameter()]}", "group"),
    },
    "training.optimizers.GroupedOptimizer.load_state_dict": {
        "self": ("Muon([parameter()])", ""), "state_dict": ("Muon([parameter()]).state_dict()", "state"),
    },
    "training.optimizers.orthogonalise": {"matrices": ("floats(2, 3)", "floats"), "steps": ("5", "count")},
    "training.optimizers.split_parameters": {"model": ("line", "module")},
    "training.records.RunRecord": {
        "name": ("'toy'", "full text"), "command": ("'make'", "full text"), "seed": ("0", "integer"),
        "versions": ("{'python': '3.11'}", "entry"), "machine": (
            "{'cpu': 'x', 'cores': 2, 'accelerator': None, 'ram_gb': 8}", "entry"),
        "configuration": ("{'d_model': 8}", "any entry"), "tokenizer": ("{'kind': 'bytes'}", "any entry"),
            "corpus": (
            "{'name': 'toy', 'train_bytes': 9, 'validation_bytes': 1, 'split': 'last'}", "entry"),
        "parameters": ("10", "count"), "tokens": ("100", "count"), "flops": ("6000.0", "positive"),
        "flops_source": ("'formula'", "full text"), "seconds": ("1.0", "positive"),
        "peak_memory_mb": ("100.0", "positive"), "energy": (ENERGY, "entry"),
        "losses": ("{'validation_nats_per_token': 1.0, 'validation_bits_per_byte': 1.4}", "entry"),
        "schema": ("1", "count"),
    },
    "training.records.check_energy": {"energy": (ENERGY, "entry")},
    "training.records.RunRecord.save": {"self": ("run", ""), "folder": ("folder", "optional path")},
    "training.records.read_record": {"path": ("run.save(folder)", "path")},
    "training.records.load_record": {"name": ("'tiny-gpt'", "full text")},
    "training.records.these_versions": {"packages": ("('torch',)", "packages")},
    "training.schedules.warmup_linear": {"step": ("1", "natural"), "steps": ("9", "count"), "warmup": ("2",
        "natural")},
    # adaptation
    "adaptation.decoding.generate": {
        "model": ("decoder", "module"), "prompt": ("[1]", "list of ids"), "length": ("2", "natural"),
        "temperature": ("1.0", "not negative"), "generator": ("seeded()", "optional generator"),
    },
    # scale
    "scale.flops.training_flops": {"parameters": ("8", "not negative"), "tokens": ("8.0", "not negative")},
    "scale.flops.parameter_count": {**CONFIGURATION, "model": ("'decoder'", "choice")},
    "scale.flops.forward_flops": {**CONFIGURATION, "length": ("3", "count"), "model": ("'decoder'",
        "choice")},
    "scale.flops.decoder_training_flops": {
        **CONFIGURATION, "tokens": ("8.0", "not negative"), "length": ("3", "count"),
    },
}  # fmt: skip

RIGHT: Right = {
    ("training.loop.train", "clip"): {"None": "made"},
    ("scale.flops.decoder_training_flops", "length"): {
        "None": "3 * flops.forward_flops(small, 6) / 6 * 8.0",
    },
    ("training.optimizers.orthogonalise", "matrices"): {
        "floats(7, 5)": "orthogonalise(floats(7, 5).mT).mT",
    },
}

NAMED = {("training.optimizers.GroupedOptimizer.add_param_group", "param_group"): "param_group|params|lr"}
"""Arguments whose parts have names of their own, which the sentence says."""

UNVARIED: dict[str, str] = {
    "training.optimizers.GroupedOptimizer": "what AdamW and Muon share; nobody makes one",
    "training.optimizers.GroupedOptimizer.check_params": "add_param_group calls it",
    "training.optimizers.Muon.check_params": "add_param_group calls it",
    "training.optimizers.AdamW.check_settings": "add_param_group calls it",
    "training.optimizers.Muon.check_settings": "add_param_group calls it",
}
