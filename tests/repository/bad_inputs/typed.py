"""What the calls are typed with: the library's classes by name, some functions, and what is made once."""

import copy
import dataclasses
import importlib
import inspect
import math
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

PARTS = ("language", "transformer", "objectives", "training", "adaptation", "scale", "emissions")
TORCH = ("language", "transformer", "objectives", "training", "adaptation")
"""The parts whose functions are typed by their own name; others stand behind that of their module."""

BESIDE = ("hints", "machine", "page", "plots", "plots_chain", "shapes", "source", "tiers")


@cache
def modules() -> dict[str, Any]:
    """Return the modules of all parts, and those beside the parts, by their name below a2e."""
    names = [
        f"{part}.{module.name}"
        for part in PARTS
        for module in pkgutil.iter_modules(importlib.import_module(f"a2e.{part}").__path__)
    ]
    return {name: importlib.import_module(f"a2e.{name}") for name in [*names, *BESIDE]}


def find(path: str) -> Any:
    """Return what ``path`` names, such as "transformer.models.Decoder.forward"."""
    module = max((name for name in modules() if path.startswith(f"{name}.")), key=len)
    found: Any = modules()[module]
    for name in path.removeprefix(f"{module}.").split("."):
        found = getattr(found, name)
    return found


def floats(*shape: int) -> torch.Tensor:
    """Return the same random numbers each time."""
    return torch.randn(shape, generator=seeded())


def ints(*shape: int) -> torch.Tensor:
    """Return ones."""
    return torch.ones(shape, dtype=torch.long)


def bools(*shape: int) -> torch.Tensor:
    """Return True everywhere."""
    return torch.ones(shape, dtype=torch.bool)


def seeded() -> torch.Generator:
    """Return a generator that draws the same each time."""
    return torch.Generator().manual_seed(0)


def parameter(*shape: int) -> nn.Parameter:
    """Return a parameter of ones with a gradient of ones, (2, 2) unless said otherwise."""
    made = nn.Parameter(torch.ones(shape or (2, 2)))
    made.grad = torch.ones_like(made)
    return made


@cache
def bert_weights() -> dict[str, torch.Tensor]:
    """Return the names of a BERT of two blocks, as Hugging Face has them, each with a small tensor."""
    from a2e.transformer.pretrained import _MODULES, _TABLES

    modules = {name.format(i=i) for name in _MODULES.values() for i in range(2)}
    return {f"{name}.{kind}": floats(2) for name in modules for kind in ("weight", "bias")} | {
        name: floats(2) for name in _TABLES.values()
    }


@cache
def _made() -> dict[str, Any]:
    """Return the objects that calls need and do not change."""
    from a2e.adaptation import decoding
    from a2e.emissions import calibration, devices, meter, priors, published, quantity
    from a2e.language import corpora, ngram, tokenizers
    from a2e.training import records
    from a2e.transformer import configurations, models

    torch.manual_seed(0)
    small = configurations.Configuration(11, 8, 2, 2, 16, 6)
    pairs = configurations.Configuration(11, 8, 2, 2, 16, 6, n_segments=2)
    return {
        "small": small, "pairs": pairs, "decoder": models.Decoder(small).eval(),
        "encoder": models.Encoder(pairs).eval(), "masked": models.MaskedLanguageModel(pairs).eval(),
        "articles": tuple(corpora.Article(title, title * 3) for title in "abc"),
        "counts": ngram.KneserNey(2, 3).fit([0, 1, 0, 2, 0, 1]), "unfitted": ngram.KneserNey(2, 3),
        "letters": tokenizers.character_tokenizer("abc"), "devices": devices, "decoding": decoding,
        "A100": devices.find("A100"), "GPT3": published.find("p21-gpt3"),
        "run": records.read_record(records.COMMITTED / "tiny-gpt.json"),
        "E": quantity.exact(5, "kWh", "measured", "energy", "a meter"),
        "W": quantity.exact(5, "W", "measured", "power", "a meter"),
        "predicted": calibration.leave_family_out(priors.mfu_cases()[:6], priors.MFU), "MFU": priors.MFU,
        "reading": meter.three_ways(1.0, 1.0), "MFU_CASES": priors.mfu_cases()[:6],
    }  # fmt: skip


def names(folder: Path) -> dict[str, Any]:
    """Return what calls are typed with, those that a call may change made anew; files go to ``folder``."""
    from a2e.emissions.quantity import exact, lognormal, uniform
    from matplotlib import pyplot

    found: dict[str, Any] = dict(torch=torch, nn=nn, np=np, nan=float("nan"), inf=float("inf"), plt=pyplot)
    for name, module in modules().items():
        classes = inspect.getmembers(module, inspect.isclass)
        functions = inspect.getmembers(module, inspect.isfunction) if name.startswith(TORCH) else []
        found |= {label: item for label, item in classes + functions if item.__module__ == module.__name__}
        found.setdefault(name.rpartition(".")[2], module)
    found |= {made.__name__: made for made in (floats, ints, bools, seeded, parameter, bert_weights)}
    found |= {made.__name__: made for made in (cfg, mt, pack, rec, tr)}
    found |= dict(exact=exact, lognormal=lognormal, uniform=uniform, Path=Path, folder=folder, math=math)
    found |= dict(Figure=pyplot.Figure, figure=figure, T=torch.tensor, randn=floats)
    found |= {"line": nn.Linear(2, 1), **_made()}
    return found | {name: copy.deepcopy(_made()[name]) for name in ("decoder", "encoder", "masked")}


def cfg(**changes: Any) -> Any:
    """Return the small configuration with ``changes``."""
    return dataclasses.replace(_made()["small"], **changes)


def mt(tokens: Any = None, **changes: Any) -> Any:
    """Call ``mask_tokens`` with ``changes``."""
    from a2e.objectives.masked import mask_tokens

    usual: dict[str, Any] = dict(mask_token=3, vocab_size=200, special_tokens=[0, 1], generator=seeded())
    return mask_tokens(torch.tensor([5, 6, 7, 8]) if tokens is None else tokens, **usual | changes)


def pack(first: Any, **changes: Any) -> Any:
    """Call ``pack_pair`` with ``changes``."""
    from a2e.objectives.sentence_pairs import pack_pair

    usual: dict[str, Any] = dict(second=[6], cls_token=1, sep_token=2, pad_token=0, length=8)
    return pack_pair(first, **usual | changes)


def rec(**changes: Any) -> Any:
    """Return the record of the tiny run with ``changes``."""
    return dataclasses.replace(_made()["run"], **changes)


def tr(**changes: Any) -> Any:
    """Call ``train`` on a linear layer with ``changes``."""
    from a2e.training.loop import train

    model, data = nn.Linear(2, 1), floats(3, 2)
    usual: dict[str, Any] = dict(
        optimizers=[torch.optim.SGD(model.parameters(), 0.1)], steps=2, progress=False
    )
    return train(model, lambda: model(data).square().mean(), **usual | changes)


def figure() -> Any:
    """Return a figure with two labelled axes."""
    from matplotlib import pyplot

    made, axes = pyplot.subplots()
    axes.plot([1, 2])
    axes.set(xlabel="step", ylabel="loss (nats)")
    return made
