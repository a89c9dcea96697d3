import numpy as np
import pytest
import torch
from a2e import check
from a2e.check.base import CheckFailed, checker, require


@checker
def positive(answer):
    require(answer() > 0, f"the result is {answer()},\n not above 0")
    return "above 0"


def stub():
    raise NotImplementedError


def broken():
    return 1 / 0


def test_a_right_answer_prints_one_line(capsys):
    positive(lambda: 1)
    assert capsys.readouterr().out == "✓ above 0\n"


def test_a_wrong_answer_fails_in_one_line():
    with pytest.raises(CheckFailed, match=r"^the result is -1, not above 0$"):
        positive(lambda: -1)


@pytest.mark.parametrize("answer", [stub, None, ...])
def test_an_empty_answer_is_not_written_yet(answer):
    with pytest.raises(CheckFailed, match="positive: the answer is not written yet"):
        positive(answer)


def test_an_answer_that_stops_with_an_error_says_which():
    with pytest.raises(CheckFailed, match="positive: the answer stops with ZeroDivisionError: div"):
        positive(broken)


@pytest.mark.parametrize("kind", [bool, np.bool_, np.array, torch.tensor])
def test_a_condition_may_be_of_numpy_or_torch(kind):
    require(kind(True), "true is taken for false")
    with pytest.raises(CheckFailed, match=r"^false$"):
        require(kind(False), "false")


@pytest.mark.parametrize(
    "nothing", [None, 0, 0.0, "", [], (), torch.tensor(0.0), np.float32(0), np.array([0])]
)
def test_a_condition_that_holds_nothing_fails(nothing):
    with pytest.raises(CheckFailed):
        require(nothing, "nothing")


def test_a_missing_answer_is_refused():
    with pytest.raises(CheckFailed, match="not written yet"):
        positive()


def test_a_notebook_shows_one_line_and_no_traceback():
    assert CheckFailed("rows sum to 2")._render_traceback_() == ["✗ rows sum to 2"]


def test_every_checker_has_a_module_of_its_own_page():
    assert check.names()
    assert all(callable(getattr(check, name)) for name in check.names())


def test_an_unknown_checker_is_refused_with_near_names():
    name = next(iter(check.names()))
    with pytest.raises(AttributeError, match=f"there is no checker '{name}x'; near it: .*{name}"):
        getattr(check, name + "x")
