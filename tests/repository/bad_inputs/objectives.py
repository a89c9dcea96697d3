"""Calls of the part objectives."""

from tests.repository.bad_inputs.kinds import Arguments, Right

TOKENS: Arguments = {"tokens": ("ints(2, 3)", "ids")}
LOSS: Arguments = {"logits": ("floats(2, 3, 11)", "floats"), "targets": ("ints(2, 3)", "ids")}
PAIR: Arguments = {"first": ("[5, 6]", "sentence"), "second": ("[7]", "sentence")}
SPECIAL: Arguments = {f"{name}_token": ("3", "natural") for name in ("cls", "sep", "pad")}

CALLS: dict[str, Arguments] = {
    "objectives.causal.shift": TOKENS,
    "objectives.causal.log_probability": LOSS,
    "objectives.causal.cross_entropy": {**LOSS, "ignore_index": ("-100", "integer")},
    "objectives.causal.log_likelihood": {"model": ("decoder", "function"), **TOKENS},
    "objectives.causal.perplexity": {"nats_per_token": ("2.0", "not negative or infinite")},
    "objectives.causal.bits_per_byte": {
        "nats_per_token": ("2.0", "not negative or infinite"), "tokens": ("10", "count"), "bytes": ("30",
            "count"),
    },
    "objectives.masked.mask_tokens": {
        **TOKENS, "mask_token": ("3", "natural"), "vocab_size": ("11", "count"),
        "special_tokens": ("[0, 1]", "list of ids"), "generator": ("seeded()", "generator"),
        "rate": ("0.15", "probability"), "mask_share": ("0.8", "probability"), "random_share": ("0.1",
            "probability"),
    },
    "objectives.masked.masked_cross_entropy": LOSS,
    "objectives.masked.is_special": {**TOKENS, "special_tokens": ("[0, 1]", "list of ids")},
    "objectives.sentence_pairs.next_sentence_pairs": {
        "documents": ("[[[1], [2]], [[3]]]", "documents"), "generator": ("seeded()", "generator"),
        "next_share": ("0.5", "probability"),
    },
    "objectives.sentence_pairs.truncate_pair": {**PAIR, "room": ("3", "natural")},
    "objectives.sentence_pairs.pack_pair": {**PAIR, **SPECIAL, "length": ("8", "natural")},
}  # fmt: skip

RIGHT: Right = {
    ("objectives.masked.is_special", "tokens"): {"ints(0)": "bools(0)"},
    ("objectives.masked.mask_tokens", "tokens"): {"ints(0)": "(ints(0), ints(0))"},
}

UNVARIED: dict[str, str] = {
    **{f"objectives.direction.{name}": "log_likelihood and evaluate refuse with it"
       for name in ("check_causal", "logits_of")},
    "objectives.sentence_pairs.SentencePair": "what next_sentence_pairs returns",
    "objectives.sentence_pairs.PairInput": "what pack_pair returns",
}  # fmt: skip
