"""What every exercise checker is made of: ``@checker``, ``require`` and ``CheckFailed``."""

import functools
from collections.abc import Callable


class CheckFailed(AssertionError):
    """An answer does not hold; the message is one line that names the property and the likely cause."""

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to print the one line and no traceback."""
        return [f"✗ {self}"]


def require(condition: object, message: str) -> None:
    """Raise ``CheckFailed(message)`` unless ``condition`` is true.

    >>> require(1 + 1 == 2, "addition is broken")
    >>> require(1 + 1 == 3, "1 + 1 is 2: was a 1 counted twice?")
    Traceback (most recent call last):
        ...
    a2e.check.base.CheckFailed: 1 + 1 is 2: was a 1 counted twice?
    """
    if not condition:
        raise CheckFailed(" ".join(message.split()))


def checker(function: Callable[..., str]) -> Callable[..., None]:
    """Make a checker of a function that takes the reader's answer and returns what a right answer has shown.

    The checker prints ``✓`` and that text. Whatever goes wrong inside the answer becomes a ``CheckFailed`` of
    one line: not written yet, or the error that the answer stopped with.

    >>> @checker
    ... def double(answer):
    ...     require(answer(2) == 4, f"double(2) is {answer(2)}, not 4: is a 2 missing?")
    ...     return "twice two is four"
    >>> double(lambda x: 2 * x)
    ✓ twice two is four
    >>> double(lambda x: x)
    Traceback (most recent call last):
        ...
    a2e.check.base.CheckFailed: double(2) is 2, not 4: is a 2 missing?
    """

    @functools.wraps(function)
    def check(*answers: object) -> None:
        if not answers or any(answer is None or answer is ... for answer in answers):
            raise CheckFailed(f"{function.__name__}: the answer is not written yet, or it returns nothing")
        try:
            message = function(*answers)
        except CheckFailed:
            raise
        except NotImplementedError:
            raise CheckFailed(f"{function.__name__}: the answer is not written yet") from None
        except Exception as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise CheckFailed(f"{function.__name__}: the answer stops with {reason}") from error
        print(f"✓ {message}")

    check.is_checker = True  # type: ignore[attr-defined]
    return check
