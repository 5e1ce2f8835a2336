"""Values of the language: their kinds, how they compare, and how they are written as text."""

from taskc.compiler.limits import DEPTH, DIGITS, LIST, TEXT, LimitError
from taskc.dsl.model import Value


def kind(value: Value) -> str:
    """Name the kind of a value in an author's words."""
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, (int, float)):
        return "a number"
    return "text" if isinstance(value, str) else "a list"


def is_number(value: Value) -> bool:
    """Say whether it is a number (a truth value is not)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def written(value: Value) -> str:
    """Write a value as text, the same in templates, `str` and answers.

    Truth values are `true` and `false`; a number without a fractional part is written without one;
    the elements of a list are parted by a comma and a blank.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, int):
        return str(value)
    return ", ".join(written(part) for part in value)


def bounded(value: Value) -> Value:
    """Give `value` back if its size is within the limits; raises `LimitError`."""
    if isinstance(value, str):
        if len(value) > TEXT:
            raise LimitError(f"a text may have {TEXT:,} characters at most")
    elif isinstance(value, tuple):
        size(value)
    elif isinstance(value, int) and value.bit_length() > DIGITS * 3.33:
        raise LimitError(f"a whole number may have {DIGITS} digits at most")
    return value


def size(value: Value) -> int:
    """Say how much making this value costs: characters, or elements with what they hold.

    Raises `LimitError` for a list that holds too much or too deep; lists may share their parts, so
    that a few of them can hold more than could ever be counted.
    """
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, tuple):
        return 1
    cost = elements = 0
    level = [value]
    for _ in range(DEPTH):
        inner: list[tuple[Value, ...]] = []
        for part in level:
            elements += len(part)
            if elements > LIST:
                raise LimitError(f"a list may have {LIST:,} elements at most, those of lists in it included")
            for element in part:
                if isinstance(element, tuple):
                    inner.append(element)
                elif isinstance(element, str):
                    cost += len(element)
        if not inner:
            return cost + elements
        level = inner
    raise LimitError(f"lists may be nested {DEPTH} deep at most")


def weight(value: Value) -> int:
    """Say what reading this value costs, next to the cost of making it; lists are not looked into."""
    if isinstance(value, str):
        return len(value) >> 3
    return len(value) << 4 if isinstance(value, (tuple, list)) else 0
