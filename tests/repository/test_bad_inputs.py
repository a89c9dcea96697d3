"""No call of ``bad_inputs`` gives a wrong number in silence, and its sentence names argument and remedy."""

import functools
import inspect
import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import pyplot

from tests.repository.bad_inputs import (
    also_emissions,
    also_torch,
    beside,
    emissions,
    found,
    language,
    objectives,
    training,
    transformer,
)
from tests.repository.bad_inputs.kinds import Arguments, Case, cases
from tests.repository.bad_inputs.typed import find, modules, names
from tests.rules.report import FIGURES

GROUPS: tuple[Any, ...] = (language, transformer, objectives, training, emissions, beside)
CALLS: dict[str, Arguments] = {path: given for group in GROUPS for path, given in group.CALLS.items()}
RIGHT = {key: values for group in GROUPS for key, values in group.RIGHT.items()}
UNVARIED = {path for group in GROUPS for path in group.UNVARIED}
ALSO = also_torch.REFUSED | also_emissions.REFUSED
TAKEN = (
    also_torch.RIGHT
    | also_emissions.RIGHT
    | found.RIGHT
    | {typing: expected for typing, (expected, _) in found.HARMLESS.items()}
)
NAMED = training.NAMED | beside.NAMED
UNCLEAR_AT_MOST = 0.02
SENTENCE = re.compile(r".+ is .*: ([a-z])[^\n]*")
"""``{argument} is {value}: {what would do}``, on one line."""


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    return names(tmp_path_factory.mktemp("typed"))


def call(case: Case, typed: dict[str, Any]) -> Any:
    """Do what a case says."""
    given = {name: eval(value, typed) for name, value in case.arguments.items()}
    by_place = [given.pop("self")] if "self" in given else []
    if any(name.startswith("*") for name in given):
        for name in list(given):
            by_place += given.pop(name) if name.startswith("*") else [given.pop(name)]
    return functools.partial(find(case.function), *by_place, **given)


def ends(todo: Any, wrong: str) -> str:
    """Return how a call ends: "clear: …", "silent: …" or "unclear: …"."""
    try:
        result = todo()
    except (NameError, SyntaxError):
        raise  # a mistake of the list itself
    except ValueError as refusal:
        sentence = str(refusal)
        named = re.search(rf"\b{wrong.strip('*')}\b", sentence) and SENTENCE.fullmatch(sentence)
        return f"{'clear' if named else 'unclear'}: {sentence}"
    except Exception as error:
        return f"unclear: {type(error).__name__}: {error}"
    return f"silent: {str(result)[:80]!r}"


def same(value: Any, expected: Any) -> bool:
    """Say whether a result is what was expected, not-a-numbers included."""
    if isinstance(expected, tuple | list):
        return len(value) == len(expected) and all(map(same, value, expected))
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    if isinstance(value, np.ndarray):
        expected = np.asarray(getattr(expected, "detach", lambda: expected)())
        return value.shape == expected.shape and np.allclose(
            value, expected, rtol=1e-5, atol=1e-4, equal_nan=True
        )
    if isinstance(value, float):
        return math.isclose(value, expected, rel_tol=1e-5) or (value != value and expected != expected)
    return bool(value == expected)


def public(item: Any) -> bool:
    """Say whether a function takes something that a reader gives."""
    item = getattr(item, "__func__", item)  # of a class method or a static one
    return (
        callable(item)
        and not inspect.isclass(item)
        and bool(set(inspect.signature(item).parameters) - {"self"})
    )


def wanted() -> set[str]:
    """Return all public functions, classes and methods that take an argument."""
    found = set()
    for name, module in modules().items():
        for label, item in vars(module).items():
            if label.startswith("_") or getattr(item, "__module__", "") != module.__name__:
                continue
            if not inspect.isclass(item):
                found |= {f"{name}.{label}"} if public(item) else set()
                continue
            methods = {method for method, body in vars(item).items() if method[0] != "_" and public(body)}
            found |= {f"{name}.{label}", *(f"{name}.{label}.{method}" for method in methods)}
    return found


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    pyplot.close("all")


def test_every_public_function_has_calls():
    assert wanted() - UNVARIED == CALLS.keys()
    assert not UNVARIED - wanted()


@pytest.mark.parametrize("path", CALLS)
def test_the_call_that_is_varied_works(path, typed):
    given = CALLS[path]
    call(Case(path, {name: value for name, (value, _) in given.items()}, ""), typed)()


def test_no_bad_input_is_silent_and_few_are_unclear(typed):
    ended, right = {}, 0
    for case in cases(CALLS):
        expected = RIGHT.get((case.function, case.wrong), {}).get(case.arguments[case.wrong])
        if expected is None:
            ended[str(case)] = ends(call(case, typed), NAMED.get((case.function, case.wrong), case.wrong))
            continue
        result, right = call(case, typed)(), right + 1
        assert expected == "made" or same(result, eval(expected, typed)), case
    for typing, wrong in (ALSO | found.REFUSED).items():
        ended[typing] = ends(lambda typing=typing: eval(typing, typed), wrong)
    stale = [case for case in RIGHT if not RIGHT[case].keys() <= {c.arguments[case[1]] for c in cases(CALLS)
             if (c.function, c.wrong) == case}]  # fmt: skip
    assert not stale
    silent = [f"{case}\n    {end}" for case, end in ended.items() if end.startswith("silent")]
    unclear = [f"{case}\n    {end}" for case, end in ended.items() if end.startswith("unclear")]
    FIGURES["bad inputs"] = (
        f"{len(ended)} calls, {len(silent)} silent, {len(unclear)} in an unclear sentence; {right} right"
    )
    assert not silent, "\n".join(silent)
    assert len(unclear) <= UNCLEAR_AT_MOST * len(ended), "\n".join(unclear)


@pytest.mark.parametrize(("typing", "expected"), list(TAKEN.items()))
def test_what_is_right_or_harmless_gives_its_number(typing, expected, tmp_path):
    typed = names(tmp_path)
    assert same(eval(typing, typed), eval(expected, typed))


def test_each_call_that_was_silent_has_its_fate():
    assert len(found.REFUSED) + len(found.RIGHT) + len(found.HARMLESS) == 155
