"""Answers that lie a little beside another answer: the two sides of a checker's tolerance."""

from collections.abc import Callable
from typing import Any

Answer = Callable[..., Any]


def plus(answer: Answer, by: float) -> Answer:
    """Return an answer with ``by`` added to its one number."""
    return lambda *given: answer(*given) + by


def times(answer: Answer, factor: float) -> Answer:
    """Return an answer whose numbers are all ``factor`` times those of ``answer``."""
    return lambda *given: answer(*given) * factor


def moved(answer: Answer, by: dict[Any, float]) -> Answer:
    """Return an answer whose tensor has ``by[place]`` added to its entry (or row) ``place``."""

    def near(*given: Any) -> Any:
        result = answer(*given).clone()
        for place, step in by.items():
            result[place] += step
        return result

    return near
