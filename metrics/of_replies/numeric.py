"""How near a number is to the right one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from taskc.metrics.numerals import number_of
from taskc.metrics.tidy import tidy

if TYPE_CHECKING:
    from fractions import Fraction


def numeric_error(answer: str, targets: Sequence[str]) -> float | None:
    """Give |x − t| / |t|, the error of the number x relative to the size of the target t; None without one.

    0 upwards, lower is better; of several targets the nearest counts. The target is taken without its sign,
    so that an error is none the smaller where the target is negative. For t = 0 only 0 has an error, of 0.
    """
    found = _error(answer, targets)
    return None if found is None else float(found)


def numeric_match(answer: str, targets: Sequence[str]) -> float | None:
    """Give 1 if |x − t| ≤ 0.1 |t|, the number x within a tenth of the target t, else 0.

    0 or 1, higher is better; 0 where x is no number, None if no target is a number.
    `numeric_match_with_0_1_relative_error` of BIG-bench (Srivastava et al. 2022). It is asked of the
    decimal digits, so that 1.1 is within a tenth of 1.
    """
    if all(_number(target) is None for target in targets):
        return None
    found = _error(answer, targets)
    return float(found is not None and found * 10 <= 1)


def _error(answer: str, targets: Sequence[str]) -> "Fraction | None":
    given = _number(answer)
    known = [value for target in targets if (value := _number(target)) is not None]
    if given is None:
        return None
    errors = [abs(given - t) / abs(t) if t else given for t in known if t or not given]
    return min(errors, default=None)


def _number(text: str) -> "Fraction | None":
    from fractions import Fraction  # a tenth of the time it takes to load this shelf

    value = number_of(tidy(text))
    return None if value is None else Fraction(repr(value))
