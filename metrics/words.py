"""The words of a text as SQuAD's evaluation counts them."""

import re
import string

_MARKS = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def words(text: str) -> list[str]:
    """Give the words of `text`: lower case, without ASCII punctuation, without articles, parted by blanks."""
    return _ARTICLES.sub(" ", text.lower().translate(_MARKS)).split()
