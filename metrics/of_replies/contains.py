"""Whether a reply contains the answer."""

import re
from collections.abc import Sequence

from taskc.metrics.tidy import bare, tidy


def contains(text: str, targets: Sequence[str]) -> float | None:
    """Give 1 if the text has a target in it as words of its own, case and runs of blanks aside, else 0.

    0 or 1, higher is better. The `includes` of other harnesses, but for the bounds of words: 7 is not in
    17, nor in 7.5 or 1,007. It looks at all that the model wrote: who lists every option is right by it.
    """
    where = " ".join(tidy(text).split()).casefold()
    return float(any(_stands(bare(target), where) for target in targets))


def _stands(wanted: str, where: str) -> bool:
    if not wanted:
        return False
    head = r"(?<!\w)(?<!\d[.,])" if wanted[0].isalnum() else ""
    tail = r"(?!\w)(?![.,]\d)" if wanted[-1].isalnum() else ""
    return re.search(head + re.escape(wanted) + tail, where) is not None
