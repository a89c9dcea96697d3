"""Calls of what stands beside the parts: page, plots, show, tiers, machine."""

from tests.repository.bad_inputs.kinds import Arguments, Right

THING: Arguments = {"thing": ("KneserNey", "source"), "docstring": ("True", "flag")}

CALLS: dict[str, Arguments] = {
    "machine.cpu_name": {"text": ("'model name : a'", "optional text")},
    "page.start": {"name": ("'transformer/attention'", "full text"), "torch": ("False", "flag")},
    "page.seed": {"value": ("0", "natural"), "torch": ("True", "flag")},
    "page.cost_of": {
        "name": ("'a'", "text"), "reading": ("reading", "object"), "memory_mb": ("1.0", "not negative"),
    },
    "plots.show": {
        "fig": ("figure()", "figure"), "caption": ("'a claim'", "full text"), "alt": ("'a line'",
            "full text"),
    },
    "plots.png": {"fig": ("figure()", "figure")},
    "plots_chain.write": {"path": ("folder / 'chain.png'", "path")},
    "source.show": THING,
    "source.source_of": THING,
    "source.path_of": {"thing": THING["thing"]},
    "tiers.check": {"tier": ("'assumed'", "tier")},
    "tiers.worst": {"*tiers": ("('assumed', 'measured')", "tiers")},
}  # fmt: skip

RIGHT: Right = {}

NAMED = {("tiers.worst", "*tiers"): "tiers?"}
"""Arguments of which the sentence says one."""

UNVARIED: dict[str, str] = {
    "page.Cost": "what cost_of returns",
    "page.Page": "what start returns",
    **{f"plots_chain.{drawing}": "chain() calls it on axes of its own"
       for drawing in ("text", "tokens", "attention", "objective", "model", "flops", "seconds", "joules",
                       "kilowatt_hours", "grams")},
    **{f"shapes.{name}": "what the library itself refuses with"
       for name in ("checked", "held", "unchecked", "refuse", "check_ids", "check_entries")},
    **{f"hints.{name}": "what shapes refuses with" for name in ("shown", "is_finite", "remedy")},
}  # fmt: skip
