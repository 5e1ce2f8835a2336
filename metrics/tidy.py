"""Text made comparable: one kind of blank, quote and dash, and no marks that only set type."""

import re
import unicodedata
from functools import lru_cache

_SAME = str.maketrans(
    {
        **{chr(0xFF01 + i): chr(0x21 + i) for i in range(94)},
        **dict.fromkeys("‘’‚‛ʼ", "'"),
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"),
        "`": None,
    }
)
_GROUPED = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_SHORT = 120  # characters; options are that short, and looked at several times for each item
_EDGES = " \n\t\"'*_"
_FINAL = _EDGES + ".,;:!?。"


def tidy(text: str) -> str:
    """Give `text` with runs of blanks as one blank, empty lines and edge blanks left out.

    Typographic quotes, dashes, minus signs and full-width forms become their ASCII counterparts;
    `**`, backticks and invisible characters are removed; blanks that group digits are too. Lines stay lines.
    """
    return _short(text) if len(text) <= _SHORT else _tidy(text)


def _tidy(text: str) -> str:
    if text.isascii():  # as most are: then these two are all that is to be done
        text = text.replace("`", "").replace("**", "")
    else:
        plain = _GROUPED.sub("", text).translate(_SAME).replace("**", "")
        text = unicodedata.normalize("NFC", plain)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return lines[0] if len(lines) == 1 else "\n".join(line for line in lines if line)


_short = lru_cache(1024)(_tidy)


def bare(text: str) -> str:
    """Give `text` as it is compared: tidied, one line, casefolded, no quotes round it, no final mark."""
    flat = " ".join(tidy(text).split())
    return flat.rstrip(_FINAL).lstrip(_EDGES).casefold() or flat.casefold()
