"""Answers to leaderboard of objectives/causal: wrong ones with the diagnosis that fits, and right ones."""

import math
from collections.abc import Callable

from tests.check.near import Answer

Reports = dict[str, tuple[float, int]]


def rank(reports: Reports, cost: dict[str, float]) -> tuple[str, float]:
    best = min(reports, key=lambda name: cost[name])
    return best, cost[best]


def by_loss(reports: Reports, text: str) -> tuple[str, float]:
    name = min(reports, key=lambda name: reports[name][0])
    return name, reports[name][0] * reports[name][1] / len(text.encode()) / math.log(2)


def per_token(reports: Reports, text: str) -> tuple[str, float]:
    name = by_bits(reports, text)[0]
    return name, reports[name][0] / math.log(2)


def by_bits(reports: Reports, text: str, size: int = 0) -> tuple[str, float]:
    size = size or len(text.encode())
    return rank(
        reports, {name: nats * tokens / size / math.log(2) for name, (nats, tokens) in reports.items()}
    )


def per_character(reports: Reports, text: str) -> tuple[str, float]:
    return by_bits(reports, text, len(text))


def in_nats(reports: Reports, text: str) -> tuple[str, float]:
    size = len(text.encode())
    return rank(reports, {name: nats * tokens / size for name, (nats, tokens) in reports.items()})


def whole_text(reports: Reports, text: str) -> tuple[str, float]:
    return by_bits(reports, text, 1)


def worst(reports: Reports, text: str) -> tuple[str, float]:
    size = len(text.encode())
    name = max(reports, key=lambda name: reports[name][0] * reports[name][1])
    return name, reports[name][0] * reports[name][1] / size / math.log(2)


def bits_first(reports: Reports, text: str) -> tuple[float, str]:
    name, bits = by_bits(reports, text)
    return bits, name


def scaled(factor: Callable[[str], float]) -> Answer:
    """Return the right winner with its bits multiplied by ``factor`` of the text."""

    def answer(reports: Reports, text: str) -> tuple[str, float]:
        name, bits = by_bits(reports, text)
        return name, bits * factor(text)

    return answer


def when_ascii(answer: Answer) -> Answer:
    """Return the right answer, but that of ``answer`` to a text in ASCII."""
    return lambda reports, text: answer(reports, text) if text.isascii() else by_bits(reports, text)


WRONG = [
    (by_loss, "the winner is 'bytes', which has the lowest loss per token but many tokens"),
    (per_token, "that is bits per token: multiply by tokens, divide by bytes"),
    (per_character, "that is per character: the text has 17 characters, 35 bytes"),
    (in_nats, "that is in nats: divide by log 2"),
    (whole_text, "that is for the whole text: divide by its bytes"),
    (worst, "the winner is 'characters', not 'pieces': least bits for the whole text wins"),
    (scaled(lambda text: 2.0), "the winner has 4.452, not 2.226 bits per byte"),
    (scaled(lambda text: 1 + 1e-6), "the winner has 2.226, not 2.226 bits per byte"),
    (scaled(lambda text: 35 / 17 + 1e-3), "the winner has 4.585, not 2.226 bits per byte"),
    (bits_first, "the result begins with a float: return the name first"),
    (lambda *given: by_bits(*given)[0], "the result is a str: return the name and its bits per byte"),
    (lambda *given: (*by_bits(*given), 0), "return the name and its bits per byte"),
    (lambda *given: by_bits(*given)[:1], "return the name and its bits per byte"),
    (when_ascii(lambda *given: ("a", by_bits(*given)[1])), "the answer is 'a' with 0.721, not 'b'"),
    (when_ascii(in_nats), "the answer is 'b' with 0.500, not 'b' with 0.721"),
    (when_ascii(whole_text), "does the result depend on the arguments alone?"),
    (when_ascii(scaled(lambda text: 1 + 1e-5)), "does the result depend on the arguments alone?"),
]  # fmt: skip
"""The wrong answers, and words of the diagnosis that fits."""

RIGHT = [
    by_bits,
    scaled(lambda text: 1 + 2e-7),
    lambda *given: list(by_bits(*given)),
]
"""Right answers that are written differently, or lie within what rounding may do."""
