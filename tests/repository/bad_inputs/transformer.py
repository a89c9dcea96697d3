"""Calls of the part transformer."""

from tests.repository.bad_inputs.kinds import PAIRS, SMALL, Arguments, Right

TOKENS: Arguments = {"tokens": ("ints(2, 3)", "ids")}
SEGMENTED: Arguments = {**TOKENS, "segments": ("ints(2, 3)", "ids"), "present": ("bools(2, 3)", "mask")}
STREAM: Arguments = {"x": ("floats(2, 3, 8)", "floats")}
MASKED: Arguments = {**STREAM, "mask": ("bools(1, 1, 3, 3)", "mask")}
QUERY: Arguments = {"query": ("floats(2, 3)", "floats"), "key": ("floats(5, 3)", "floats")}
DROPOUT: Arguments = {"dropout": ("0.1", "below one")}

CALLS: dict[str, Arguments] = {
    "transformer.attention.attention_weights": {**QUERY, "mask": ("bools(2, 5)", "mask")},
    "transformer.attention.attention": {
        **QUERY, "value": ("floats(5, 3)", "floats"), "mask": ("bools(2, 5)", "mask"),
    },
    "transformer.attention.causal_mask": {"length": ("3", "count")},
    "transformer.attention.padding_mask": {"present": ("bools(2, 3)", "mask")},
    "transformer.blocks.Block": {"configuration": (SMALL, "configuration")},
    "transformer.blocks.Block.forward": {"self": ("Block(small)", ""), **MASKED},
    "transformer.configurations.Configuration": {
        **dict.fromkeys(("vocab_size", "d_model", "n_layers", "n_heads", "d_ff", "max_length"), ("8",
            "count")),
        "n_heads": ("2", "count"), "positions": ("'learned'", "choice"), "norm_first": ("True", "flag"),
        "activation": ("'relu'", "choice"), "dropout": ("0.1", "below one"), "n_segments": ("0", "natural"),
        "norm_eps": ("1e-5", "positive"),
    },
    "transformer.layers.layer_norm": {
        "x": ("floats(2, 3)", "floats"), "weight": ("floats(3)", "floats"), "bias": ("floats(3)", "floats"),
        "eps": ("1e-5", "positive"),
    },
    "transformer.layers.LayerNorm": {"d_model": ("8", "count"), "eps": ("1e-5", "positive")},
    "transformer.layers.LayerNorm.forward": {"self": ("LayerNorm(8)", ""), **STREAM},
    "transformer.layers.activate": {"x": ("floats(2)", "floats"), "activation": ("'relu'", "choice")},
    "transformer.layers.FeedForward": {
        "d_model": ("8", "count"), "d_ff": ("16", "count"), "activation": ("'relu'", "choice"), **DROPOUT,
    },
    "transformer.layers.FeedForward.forward": {"self": ("FeedForward(8, 16)", ""), **STREAM},
    "transformer.models.initialise": {
        "model": ("Decoder(small)", "module"), "n_layers": ("2", "count"), "std": ("0.02", "positive"),
    },
    "transformer.models.Decoder": {"configuration": (SMALL, "configuration")},
    "transformer.models.Decoder.hidden": {"self": ("decoder", ""), **TOKENS},
    "transformer.models.Decoder.forward": {"self": ("decoder", ""), **TOKENS},
    "transformer.models.Encoder": {"configuration": (PAIRS, "configuration")},
    "transformer.models.Encoder.embed": {
        "self": ("encoder", ""), **{name: SEGMENTED[name] for name in ("tokens", "segments")},
    },
    "transformer.models.Encoder.forward": {"self": ("encoder", ""), **SEGMENTED},
    "transformer.models.MaskedLanguageModel": {"configuration": (PAIRS, "configuration")},
    "transformer.models.MaskedLanguageModel.score": {
        "self": ("masked", ""), "hidden": ("floats(2, 3, 8)", "floats"),
    },
    "transformer.models.MaskedLanguageModel.forward": {"self": ("masked", ""), **SEGMENTED},
    "transformer.multi_head.split_heads": {**STREAM, "n_heads": ("2", "count")},
    "transformer.multi_head.merge_heads": {"x": ("floats(1, 2, 3, 4)", "floats")},
    "transformer.multi_head.MultiHeadAttention": {
        "d_model": ("8", "count"), "n_heads": ("2", "count"), **DROPOUT, "rotary": ("True", "flag"),
    },
    "transformer.multi_head.MultiHeadAttention.queries_and_keys": {
        "self": ("MultiHeadAttention(8, 2)", ""), **STREAM,
    },
    "transformer.multi_head.MultiHeadAttention.weights": {"self": ("MultiHeadAttention(8, 2)", ""), **MASKED},
    "transformer.multi_head.MultiHeadAttention.forward": {"self": ("MultiHeadAttention(8, 2)", ""), **MASKED},
    "transformer.positions.rotary_angles": {
        "length": ("3", "natural"), "d_head": ("4", "count"), "base": ("10.0", "positive"),
    },
    "transformer.positions.rotate": {"x": ("floats(3, 4)", "floats"), "base": ("10.0", "positive")},
    "transformer.positions.LearnedPositions": {"max_length": ("6", "count"), "d_model": ("8", "count")},
    "transformer.positions.LearnedPositions.forward": {
        "self": ("LearnedPositions(6, 8)", ""), "length": ("3", "count"),
    },
    "transformer.pretrained.from_hugging_face": {"weights": ("bert_weights()", "weights"),
        "n_layers": ("2", "count")},
}  # fmt: skip

RIGHT: Right = {
    ("transformer.attention.padding_mask", "present"): {"bools(7, 5)": "bools(7, 1, 1, 5)"},
    ("transformer.layers.activate", "x"): {
        "torch.tensor(1.0)": "torch.tensor(1.0)", "floats(7, 5)": "floats(7, 5).clamp(min=0)",
    },
    ("transformer.models.Encoder.embed", "segments"): {"None": "encoder.embed(ints(2, 3), 0 * ints(2, 3))"},
    ("transformer.models.Encoder.forward", "segments"): {
        "None": "encoder(ints(2, 3), 0 * ints(2, 3), bools(2, 3))",
    },
    ("transformer.models.MaskedLanguageModel.forward", "segments"): {
        "None": "masked(ints(2, 3), 0 * ints(2, 3), bools(2, 3))",
    },
}  # fmt: skip

UNVARIED: dict[str, str] = {}
