"""What the headers of a response say about the pace: how long to wait, and what is left of which limit."""

import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from taskc.backends.pace import Kind, Window

# as OpenAI and those who do as it does write them, and as Anthropic does
_OPENAI: dict[Kind, str] = {"requests": "requests", "tokens": "tokens"}
_ANTHROPIC: dict[Kind, str] = {
    "requests": "requests",
    "tokens": "tokens",
    "input": "input-tokens",
    "output": "output-tokens",
}
_WINDOWS: tuple[tuple[Kind, str, str], ...] = (
    *((kind, f"x-ratelimit-remaining-{name}", f"x-ratelimit-reset-{name}") for kind, name in _OPENAI.items()),
    *(
        (kind, f"anthropic-ratelimit-{name}-remaining", f"anthropic-ratelimit-{name}-reset")
        for kind, name in _ANTHROPIC.items()
    ),
)
_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_LONG_AGO = 1e9  # as seconds from now it is 31 years, as seconds since 1970 it is past
_UNITS = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read how many seconds a response asks to wait: in seconds, milliseconds, or as a date.

    `now` is the time in seconds since 1970. None where nothing, nothing sensible, or no time at all is asked.
    """
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            wait = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        return wait if 0 < wait < float("inf") else None
    when = email.utils.parsedate_tz(headers.get("retry-after", ""))
    try:
        wait = email.utils.mktime_tz(when) - now if when else 0.0
    except (ValueError, OverflowError):  # a year that no calendar has
        return None
    return wait if wait > 0 else None


def read_windows(headers: Mapping[str, str], now: float) -> tuple[Window, ...]:
    """Read what is left of a provider's limits, and in how many seconds each is whole again."""
    windows = []
    for kind, remaining, reset in _WINDOWS:
        if remaining in headers and reset in headers:
            left, seconds = _number(headers[remaining]), _until(headers[reset], now)
            if left is not None and seconds is not None:
                windows.append(Window(kind=kind, left=left, reset=seconds))
    return tuple(windows)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _until(text: str, now: float) -> float | None:
    """Read a reset: seconds from now or since 1970, a span such as `6m0s` or `12ms`, or a date and time."""
    plain = _number(text)
    if plain is not None:
        return plain if plain < _LONG_AGO else max(0.0, plain - now)
    span = _SPAN.fullmatch(text)
    if span and text:
        return sum(float(part) * unit for part, unit in zip(span.groups(), _UNITS, strict=True) if part)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, when.timestamp() - now)
