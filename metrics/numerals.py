"""Numbers as people and models write them, read by value; works on tidied text."""

import math
import re

_DIGITS = 300

NUMBER = re.compile(
    r"""
    (?: (?<![\w)\]}]) (?P<sign>[-+]) )?          # a sign that is not an operator
    [$€£¥₹]?
    (?<!\w) (?<!\d[.,/])                         # not the rest of a word, a longer numeral or a date
    (?P<body> \d{1,3} (?:,\d{3})++ (?!,?\d) (?:\.\d++)?
            | (?P<list> \d++ (?:,\d++){2,}+ )    # `1,2,3` is no number
            | \d++ (?: [.,]\d++ )?+
            | \.\d++ )
    (?P<power> [eE][-+]?\d++ | \ ?[×x*·]\ ?10\^\{?-?\d++\}? )?+
    (?P<under> /\d++ (?![\d/]) )?+
    (?! (?:st|nd|rd|th)\b )                      # `3rd` counts nothing
    """,
    re.VERBOSE,
)
_LISTED = re.compile(r",? (?:or|and|to) [-+$€£¥₹(]{0,2}\d")
_LISTED_BEFORE = re.compile(r"\d[%)]?,? (?:or|and|to) [-+$€£¥₹(]{0,2}$")
_SCALED = re.compile(
    r" ?(?:hundred|thousand|million|billion|trillion|dozen)s?\b| ?\\[dt]?frac\{", re.IGNORECASE
)
_ANOTHER = re.compile(
    r"(?:(?:\bnot|n't|\brather than|\binstead of)(?: (?:be|the|a|usual|equal|to|is|about)){0,4}"
    r"|\b(?:usual|normal|ordinar|typical)[a-z]{0,3}\b[^.\n!?;=]{0,30}) ?[($]{0,2}$|\^\{?-?$",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\((?:and )?(?:not|rather than|instead of) [^()\n]{0,60}\)")
_MINUS = re.compile(r"(?<![\w)])(?<!\d )(?<!\d\) )(?:minus|negative) (?=[$\d.])", re.IGNORECASE)
_FRACTION = re.compile(r"(?<![\d}])\\[dt]?frac\{(-?\d{1,15})\}\{(\d{1,15})\}")
_POWER = re.compile(r"(?<![×x*·] )(?<![×x*·\w.,])10\^\{?(-?\d{1,2}+)\}?(?![\d}^])")
_GROUPS = re.compile(r"(?<![\d.,/])(?<!\d )\d{1,3}(?:[ \u2007]\d{3}){1,6}+(?!\d)(?! \d)")
_HEAD = re.compile(r"[^\n]{1,60}?,? (?:because|since)\b")
_OPERATION = re.compile(r"\s?[-+*/×÷·^=x]\s?[($-]*\d")


def plainly(text: str) -> str:
    """Write in digits what stands for one number: `minus 12`, `10^3`, `1 000`; leave out `(not 6.28)`."""
    text = _POWER.sub(r"1e\1", _FRACTION.sub(r"\1/\2", _MINUS.sub("-", _ASIDE.sub("", text))))
    return _GROUPS.sub(lambda match: match[0].replace(" ", "").replace("\u2007", ""), text)


def head_number(text: str) -> str | None:
    """Give the number at the head of `text` for which a reason follows: `12 apples, since …`."""
    found = number_at(text, 0)
    reason = _HEAD.match(text, found[1]) if found else None
    return found[0] if found and reason and not any(map(str.isdigit, reason[0])) else None


def number_at(text: str, at: int) -> tuple[str, int] | None:
    """Read the number that begins at `at`: its canonical text and where it ends; None if there is none.

    The left side of a sum or an equation (`3 + 4 = 7`) is not an answer, nor is one of several (`3 or 4`).
    """
    match = NUMBER.match(text, at)
    value = match and canonical(match)
    if not match or value is None or _OPERATION.match(text, match.end()) or _LISTED.match(text, match.end()):
        return None
    if _SCALED.match(text, match.end()):
        return None
    return value, match.end()


def last_number(text: str) -> str | None:
    """Give the last number of `text` in canonical form; None if there is none, or if it is one of several.

    None too if it is denied (`not 6.28`), called usual, an exponent, or scaled (`50 thousand`).
    """
    found, at, end = None, 0, 0
    for match in NUMBER.finditer(text):
        value = canonical(match)
        found, at, end = (found, at, end) if value is None else (value, match.start(), match.end())
    if _LISTED_BEFORE.search(text[max(0, at - 12) : at]) or _ANOTHER.search(text[max(0, at - 60) : at]):
        return None
    return None if _SCALED.match(text, end) or "frac{" in text[max(0, at - 40) : at] else found


def number_of(text: str) -> int | float | None:
    """Give the value of a text that is one number and no more than a currency or per cent sign; or None."""
    stripped = text.strip().removesuffix("%").removesuffix(".").strip()
    match = NUMBER.fullmatch(stripped)
    return None if match is None else _value(match)


def canonical(match: re.Match[str]) -> str | None:
    """Write a matched number in canonical form: `7` for 7.0, digits ungrouped; None if it is not finite."""
    value = _value(match)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return str(value) if isinstance(value, int) else repr(value)


def _value(match: re.Match[str]) -> int | float | None:
    body, power, under = match["body"], match["power"], float((match["under"] or "/1")[1:])
    if len(match[0]) > _DIGITS or match["list"] or not under:
        return None
    if (
        power is None
        and match["under"] is None
        and (body.isdecimal() or re.fullmatch(r"\d{1,3}(,\d{3})+", body))
    ):
        whole = int(body.replace(",", ""))
        return -whole if match["sign"] == "-" else whole
    value = float(_decimal(body) + _exponent(power)) / under
    value = -value if match["sign"] == "-" else value
    return value if math.isfinite(value) else None


def _decimal(body: str) -> str:
    """Turn a body into what `float` reads; a comma that does not group thousands is a decimal comma."""
    grouped = re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", body)
    return body.replace(",", "") if grouped else body.replace(",", ".")


def _exponent(power: str | None) -> str:
    if power is None:
        return ""
    return power if power[0] in "eE" else "e" + power.rpartition("^")[2].strip("{}")
