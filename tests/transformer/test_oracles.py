"""Whole models against Hugging Face's: every parameter random, norms and biases too; values and gradients.

Each family closes another hole: GPT-NeoX's sequential form has rotary positions and norms first, GPT-1 has
them last, ESM is an encoder with norms first, and BERT's masked model has a head with a layer, a norm and a
bias.
"""

import types
from collections.abc import Callable
from typing import Any

import pytest
import torch
from a2e.transformer.configurations import Configuration
from a2e.transformer.models import Decoder, Encoder, MaskedLanguageModel
from torch import Tensor, nn

Weights = dict[str, Tensor]

SIZES: dict[str, dict[str, Any]] = {
    "one head": dict(d_model=4, n_layers=1, n_heads=1, d_ff=6, max_length=3, activation="relu", norm_eps=0.1),
    "three heads": dict(
        d_model=12, n_layers=3, n_heads=3, d_ff=10, max_length=9, activation="gelu_tanh", norm_eps=1e-5
    ),
    "deep": dict(
        d_model=16, n_layers=4, n_heads=2, d_ff=40, max_length=14, activation="gelu", norm_eps=1e-12
    ),
}
VOCAB = 13
THEIR_ACTIVATIONS = {"relu": "relu", "gelu": "gelu", "gelu_tanh": "gelu_new"}
every_size = pytest.mark.parametrize("size", SIZES)


@pytest.fixture(scope="module")
def hugging_face() -> types.ModuleType:
    """Return transformers, whose import takes seconds: once, and only where a test asks."""
    import transformers

    return transformers


def configuration(size: str, **changes: Any) -> Configuration:
    return Configuration(**{"vocab_size": VOCAB} | SIZES[size] | changes)


def batch(c: Configuration, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Return tokens, segments and what is present: rows of every length, the rest is padding.

    No token is 0, whose vector Hugging Face does not train.
    """
    draw = torch.Generator().manual_seed(seed)
    time = c.max_length - 1  # shorter than the position table, and no axis as long as another
    tokens = torch.randint(1, c.vocab_size, (time + 2, time), generator=draw)
    segments = torch.randint(max(c.n_segments, 1), tokens.shape, generator=draw)
    lengths = 1 + torch.arange(time + 2) % time
    return tokens, segments, torch.arange(time) < lengths[:, None]


def agree(
    ours: Any,
    theirs: Any,
    rename: Callable[[Weights], Weights],
    read: Callable[[Any], Tensor],
    read_theirs: Callable[[Any], Tensor],
) -> None:
    """Give both the same random weights; compare what they compute and the gradient of every weight."""
    ours, theirs = ours.double().eval(), theirs.double().eval()
    draw = torch.Generator().manual_seed(1)
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.4, generator=draw)
    with torch.no_grad():
        ours.load_state_dict(rename(dict(theirs.named_parameters())))
    mine, expected = read(ours), read_theirs(theirs)
    assert expected.std() > 0.1, "nothing to tell apart"
    torch.testing.assert_close(mine, expected, atol=1e-5, rtol=1e-5)
    direction = torch.randn(expected.shape, generator=draw, dtype=expected.dtype)
    (mine * direction).sum().backward()
    (expected * direction).sum().backward()
    gradients = rename({name: parameter.grad for name, parameter in theirs.named_parameters()})
    torch.testing.assert_close(
        {name: parameter.grad for name, parameter in ours.named_parameters()}, gradients, atol=1e-4, rtol=1e-4
    )


def modules(weights: Weights, names: dict[str, str], n_layers: int) -> Weights:
    """Rename weight and bias of each module, ours on the left, theirs on the right; {i} is the block."""
    return {
        f"{ours.format(i=i)}.{kind}": weights[f"{theirs.format(i=i)}.{kind}"]
        for ours, theirs in names.items()
        for i in range(n_layers if "{i}" in ours else 1)
        for kind in ("weight", "bias")
    }


def from_gpt_neox(weights: Weights, c: Configuration) -> Weights:
    """Their query, key and value stand in one matrix, head by head."""
    body = {name.removeprefix("gpt_neox."): weight for name, weight in weights.items()}
    names = {
        "norm": "final_layer_norm",
        "blocks.{i}.attention_norm": "layers.{i}.input_layernorm",
        "blocks.{i}.feed_forward_norm": "layers.{i}.post_attention_layernorm",
        "blocks.{i}.attention.output": "layers.{i}.attention.dense",
        "blocks.{i}.feed_forward.up": "layers.{i}.mlp.dense_h_to_4h",
        "blocks.{i}.feed_forward.down": "layers.{i}.mlp.dense_4h_to_h",
    }
    renamed = {"embedding.weight": body["embed_in.weight"]} | modules(body, names, c.n_layers)
    for i in range(c.n_layers):
        for kind in ("weight", "bias"):
            fused = body[f"layers.{i}.attention.query_key_value.{kind}"]
            parts = fused.unflatten(0, (c.n_heads, 3, c.d_head)).unbind(1)  # each (heads, d_head, ...)
            for name, part in zip(("query", "key", "value"), parts, strict=True):
                renamed[f"blocks.{i}.attention.{name}.{kind}"] = part.flatten(0, 1)
    return renamed


def from_gpt(weights: Weights, c: Configuration, tables: dict[str, str], last_norm: bool) -> Weights:
    """GPT-1's and GPT-2's matrices are the transposes of ours; query, key and value stand side by side."""
    body = {name.removeprefix("transformer."): weight for name, weight in weights.items()}
    body |= {name: weight.mT for name, weight in body.items() if name.startswith("h.") and weight.dim() == 2}
    names = {
        "blocks.{i}.attention_norm": "h.{i}.ln_1",
        "blocks.{i}.feed_forward_norm": "h.{i}.ln_2",
        "blocks.{i}.attention.output": "h.{i}.attn.c_proj",
        "blocks.{i}.feed_forward.up": "h.{i}.mlp.c_fc",
        "blocks.{i}.feed_forward.down": "h.{i}.mlp.c_proj",
    }
    renamed = modules(body, names | ({"norm": "ln_f"} if last_norm else {}), c.n_layers)
    renamed |= {ours: body[theirs] for ours, theirs in tables.items()}
    for i in range(c.n_layers):
        for kind in ("weight", "bias"):
            for name, part in zip(
                ("query", "key", "value"), body[f"h.{i}.attn.c_attn.{kind}"].chunk(3), strict=True
            ):
                renamed[f"blocks.{i}.attention.{name}.{kind}"] = part
    return renamed


ENCODER_LAYER = {
    "blocks.{i}.attention.query": "encoder.layer.{i}.attention.self.query",
    "blocks.{i}.attention.key": "encoder.layer.{i}.attention.self.key",
    "blocks.{i}.attention.value": "encoder.layer.{i}.attention.self.value",
    "blocks.{i}.attention.output": "encoder.layer.{i}.attention.output.dense",
    "blocks.{i}.feed_forward.up": "encoder.layer.{i}.intermediate.dense",
    "blocks.{i}.feed_forward.down": "encoder.layer.{i}.output.dense",
}


def from_bert(weights: Weights, c: Configuration) -> Weights:
    names = ENCODER_LAYER | {
        "norm": "embeddings.LayerNorm",
        "blocks.{i}.attention_norm": "encoder.layer.{i}.attention.output.LayerNorm",
        "blocks.{i}.feed_forward_norm": "encoder.layer.{i}.output.LayerNorm",
    }
    return modules(weights, names, c.n_layers) | {
        "embedding.weight": weights["embeddings.word_embeddings.weight"],
        "positions.table.weight": weights["embeddings.position_embeddings.weight"],
        "segments.weight": weights["embeddings.token_type_embeddings.weight"],
    }


def from_masked_bert(weights: Weights, c: Configuration) -> Weights:
    bert = {name.removeprefix("bert."): weight for name, weight in weights.items()}
    head = {"transform": "transform.dense", "transform_norm": "transform.LayerNorm"}
    return (
        {f"encoder.{name}": weight for name, weight in from_bert(bert, c).items()}
        | modules(weights, {ours: f"cls.predictions.{theirs}" for ours, theirs in head.items()}, 1)
        | {"bias": weights["cls.predictions.bias"]}
    )


def from_esm(weights: Weights, c: Configuration) -> Weights:
    names = ENCODER_LAYER | {
        "norm": "encoder.emb_layer_norm_after",
        "blocks.{i}.attention_norm": "encoder.layer.{i}.attention.LayerNorm",
        "blocks.{i}.feed_forward_norm": "encoder.layer.{i}.LayerNorm",
    }
    return modules(weights, names, c.n_layers) | {
        "embedding.weight": weights["embeddings.word_embeddings.weight"]
    }


def their_sizes(c: Configuration) -> dict[str, Any]:
    """Return the sizes under the names that GPT-NeoX, BERT and ESM share."""
    return dict(
        vocab_size=c.vocab_size,
        hidden_size=c.d_model,
        num_hidden_layers=c.n_layers,
        num_attention_heads=c.n_heads,
        intermediate_size=c.d_ff,
        max_position_embeddings=c.max_length,
        hidden_act=THEIR_ACTIVATIONS[c.activation],
        layer_norm_eps=c.norm_eps,
        pad_token_id=0,
    )


@every_size
def test_oracle_a_rotary_decoder_matches_gpt_neox_in_sequential_form(hugging_face, size):
    c = configuration(size)
    shape = hugging_face.GPTNeoXConfig(
        **their_sizes(c), rotary_pct=1.0, use_parallel_residual=False, tie_word_embeddings=True
    )
    tokens, _, _ = batch(c)
    agree(
        Decoder(c),
        hugging_face.GPTNeoXForCausalLM(shape),
        lambda weights: from_gpt_neox(weights, c),
        lambda model: model(tokens),
        lambda model: model(tokens).logits,
    )


@every_size
def test_oracle_a_decoder_with_learned_positions_matches_gpt2(hugging_face, size):
    c = configuration(size, positions="learned")
    shape = hugging_face.GPT2Config(
        vocab_size=c.vocab_size, n_embd=c.d_model, n_layer=c.n_layers, n_head=c.n_heads, n_inner=c.d_ff,
        n_positions=c.max_length, activation_function=THEIR_ACTIVATIONS[c.activation],
        layer_norm_epsilon=c.norm_eps, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    tables = {"embedding.weight": "wte.weight", "positions.table.weight": "wpe.weight"}
    tokens, _, _ = batch(c)
    agree(
        Decoder(c),
        hugging_face.GPT2LMHeadModel(shape),
        lambda weights: from_gpt(weights, c, tables, last_norm=True),
        lambda model: model(tokens),
        lambda model: model(tokens).logits,
    )


@every_size
def test_oracle_a_decoder_with_norms_last_matches_gpt1(hugging_face, size):
    d_ff = 4 * SIZES[size]["d_model"]  # GPT-1 knows no other, and its "gelu" is the tanh approximation
    activation = "relu" if SIZES[size]["activation"] == "relu" else "gelu_tanh"
    c = configuration(size, positions="learned", norm_first=False, d_ff=d_ff, activation=activation)
    shape = hugging_face.OpenAIGPTConfig(
        vocab_size=c.vocab_size, n_embd=c.d_model, n_layer=c.n_layers, n_head=c.n_heads,
        n_positions=c.max_length, afn=activation.removesuffix("_tanh"), layer_norm_epsilon=c.norm_eps,
    )  # fmt: skip
    tables = {"embedding.weight": "tokens_embed.weight", "positions.table.weight": "positions_embed.weight"}
    tokens, _, _ = batch(c)
    agree(
        Decoder(c),
        hugging_face.OpenAIGPTLMHeadModel(shape),
        lambda weights: from_gpt(weights, c, tables, last_norm=False),
        lambda model: model(tokens),
        lambda model: model(tokens).logits,
    )


@every_size
def test_oracle_an_encoder_with_norms_last_matches_bert(hugging_face, size):
    c = configuration(size, positions="learned", norm_first=False, n_segments=3)
    theirs = hugging_face.BertModel(
        hugging_face.BertConfig(**their_sizes(c), type_vocab_size=3), add_pooling_layer=False
    )
    tokens, segments, present = batch(c)
    agree(
        Encoder(c),
        theirs,
        lambda weights: from_bert(weights, c),
        lambda model: model(tokens, segments, present)[present],
        lambda model: model(tokens, present.long(), segments).last_hidden_state[present],
    )


@every_size
def test_oracle_a_masked_language_model_matches_bert(hugging_face, size):
    c = configuration(size, positions="learned", norm_first=False, n_segments=2)
    tokens, segments, present = batch(c, seed=2)
    agree(
        MaskedLanguageModel(c),
        hugging_face.BertForMaskedLM(hugging_face.BertConfig(**their_sizes(c))),
        lambda weights: from_masked_bert(weights, c),
        lambda model: model(tokens, segments, present)[present],
        lambda model: model(tokens, present.long(), segments).logits[present],
    )


@every_size
def test_oracle_a_rotary_encoder_with_norms_first_matches_esm(hugging_face, size):
    c = configuration(size, activation="gelu")  # ESM has no other
    shape = hugging_face.EsmConfig(
        **their_sizes(c), position_embedding_type="rotary", emb_layer_norm_before=False, token_dropout=False,
        mask_token_id=1,
    )  # fmt: skip
    tokens, _, present = batch(c)
    agree(
        Encoder(c),
        hugging_face.EsmModel(shape, add_pooling_layer=False),
        lambda weights: from_esm(weights, c),
        lambda model: model(tokens, present=present)[present],
        lambda model: model(tokens, present.long()).last_hidden_state[present],
    )
