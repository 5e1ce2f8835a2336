"""The options of a request as they may stand at one place of a reply; works on tidied text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from taskc.metrics import patterns
from taskc.metrics.tidy import bare, tidy
from taskc.records.request import Option

_ALIASES = {
    "y": ("yes",),
    "n": ("no",),
    "t": ("true",),
    "f": ("false",),
    "yes": ("y",),
    "no": ("n",),
    "true": ("t", "yes", "y"),
    "false": ("f", "no", "n"),
}
_MARKS = " \n\"'()[]{}<>*_$.,;:!"
_COMMON = frozenset(
    """
    a all am an and any are as at be do for go he her him his i if in is it its me my no none not of on or
    our out she so some than that the their them then there they this to too up us was
    we were with yes you your
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The options of one request, ready to be looked for; an option is named by its index.

    `labels` and `texts` lead from a casefolded spelling to the index; `spelled` are the texts as written.
    """

    labels: dict[str, int]
    texts: dict[str, int]
    exact: dict[str, int]
    spelled: tuple[str, ...]
    telling: tuple[str, ...]

    def at(self, text: str, at: int) -> tuple[int, bool] | None:
        """Give the option that stands at `at` and whether by its label; None if there is none."""
        by_label = self.label_at(text, at)
        if by_label is not None:
            return by_label[0], True
        by_text = self.text_at(text, at)
        return None if by_text is None else (by_text[0], False)

    def label_at(self, text: str, at: int) -> tuple[int, int] | None:
        """Give the option whose label stands at `at`, and where that and its text after it end; or None.

        Not a label: the article `A` and the pronoun `I` before a word; one of several (`A and B`);
        one that is ruled out at once (`B is wrong`); the head of a longer word (`A-level`, `I'd`).
        """
        match = patterns.label_at(tuple(self.labels)).match(text, at) if self.labels else None
        index = self.labels.get(match["label"].casefold()) if match else None
        if match is None or index is None:
            return None
        end = match.end("label")
        if self._is_word(match["label"], text, end, index) or self._is_joined(text, end, index):
            return None
        past = self._past_own_text(text, end, index)
        return None if denied_after(text, end) or denied_after(text, past) else (index, past)

    def text_at(self, text: str, at: int) -> tuple[int, int] | None:
        """Give the option whose text stands at `at`, the longest that does, and where it ends; or None."""
        index, end = self._text(text, at)
        if index is None or self._is_joined(text, end, index) or denied_after(text, end):
            return None
        return index, end

    def mentions(self, text: str) -> Iterator[int]:
        """Give the option of each text in the reply that is not denied; words of every sentence apart."""
        if not self.telling:
            return
        for match in patterns.text_at(self.telling, False).finditer(text):
            index = self.texts.get(_flat(match["text"]))
            if index is not None and not denied(text, match.start(), match.end()):
                yield index

    def marked(self, text: str) -> Iterator[int]:
        """Give the option of each unmistakable label that is not denied: `(B)`, `B)`, `option B`.

        One named in the same breath as another (`(A or B)`) stands for every option.
        """
        if not self.labels:
            return
        for match in patterns.marked(tuple(self.labels)).finditer(text):
            index = self.labels.get((match["bracketed"] or match["named"]).casefold())
            if index is not None and not denied(text, match.start(), match.end()):
                linked = patterns.LINKED.search(text[max(0, match.start() - 9) : match.start()])
                if linked or self._is_joined(text, match.end(), index):
                    yield from self.labels.values()
                elif not denied_after(text, self._past_own_text(text, match.end(), index)):
                    yield index

    def right(self, text: str) -> Iterator[int]:
        """Give the option of each label of which the reply says that it is right, in order."""
        if not self.labels:
            return
        for match in patterns.is_right(tuple(self.labels)).finditer(text):
            index = self.labels.get(match["label"].casefold())
            if index is not None and not denied(text, match.start(), match.start()):
                yield index

    def alone(self, text: str, at: int) -> Iterator[int]:
        """Give the option of each capital label that ends a sentence after `at` and is not denied."""
        masked = patterns.text_at(self.telling, False).sub(lambda match: " " * len(match[0]), text)
        for match in patterns.alone(tuple(self.exact)).finditer(masked, at):
            if not denied(text, match.start(), match.end()):
                yield self.exact[match["label"]]

    def concluded(self, text: str) -> Iterator[tuple[int, re.Match[str]]]:
        """Give the option of each label that a sentence concludes with, and the words that say so."""
        if not self.labels:
            return
        for match in patterns.concluded(tuple(self.exact)).finditer(text):
            found = self.label_at(text, match.start("at"))
            if found is None or denied(text, match.start("at"), match.start("at")):
                continue
            rest = text[found[1] : found[1] + 12].partition("\n")[0].strip(_MARKS)
            if rest and patterns.POINTING.match(match[0]) and "becomes" not in match[0]:
                continue  # `It is B. I hope so`
            if patterns.STANDS.match(text, found[1]) or patterns.STANDS.match(text, match.end()):
                yield found[0], match

    def whole(self, text: str) -> tuple[int, bool] | None:
        """Give the option whose label, text or both are all of `text`, and whether by its label."""
        by_label = self.label_at(text, 0)
        if by_label is not None and not text[by_label[1] :].strip(_MARKS):
            return by_label[0], True
        index = self.texts.get(_flat(text), self.texts.get(bare(text)))
        return None if index is None else (index, False)

    def _text(self, text: str, at: int) -> tuple[int | None, int]:
        """Give the text at `at`, as it stands or else in quotes or brackets, and where it ends."""
        if not self.spelled:
            return None, at
        start = next((place for place in range(at, len(text)) if text[place] not in " \n"), len(text))
        as_it_stands = patterns.text_at(self.spelled, False).match(text, start)
        match = as_it_stands or patterns.text_at(self.spelled).match(text, at)
        return (self.texts.get(_flat(match["text"])), match.end("text")) if match else (None, at)

    def _is_word(self, label: str, text: str, end: int, index: int) -> bool:
        """Say whether `A` or `I` is article or pronoun: a word follows that is not the option's own text."""
        if label.casefold() not in {"a", "i"} or not _word_follows(text, end):
            return False
        return not patterns.AFTER_ARTICLE.match(text, end) and self._text(text, end + 1)[0] != index

    def _is_joined(self, text: str, end: int, index: int) -> bool:
        """Say whether another option is named in the same breath: `A and B`, `Paris or London`."""
        link = patterns.LINK.match(text, end)
        if not link:
            return False
        match = patterns.label_at(tuple(self.labels)).match(text, link.end()) if self.labels else None
        if match and self.exact.get(match["label"], index) != index:
            return match["label"] not in {"A", "a", "I", "i"} or not _word_follows(text, match.end())
        return self._text(text, link.end())[0] not in {None, index}

    def _past_own_text(self, text: str, end: int, index: int) -> int:
        """Give where the option's own text ends if it follows its label, else `end`."""
        past = patterns.PAST.match(text, end)
        at = past.end() if past else end
        for spelling in self.spelled:
            flat = _flat(spelling)
            if self.texts[flat] == index and _flat(text[at : at + len(spelling)]) == flat:
                return at + len(spelling)
        return end


@lru_cache(maxsize=256)
def choices_of(options: tuple[Option, ...]) -> Choices:
    """Make options ready to be looked for; `Y` answers to `yes` too, if no other option does."""
    labels = {option.label.casefold(): i for i, option in enumerate(options) if option.label is not None}
    exact = {option.label: i for i, option in enumerate(options) if option.label is not None}
    texts: dict[str, int] = {}
    spelled: list[str] = []
    whole = [_line(tidy(option.text)) for option in options]
    for i, spelling in enumerate(whole):
        _add(spelling, i, texts, spelled)
    for i, spelling in enumerate(whole):
        bared = spelling.strip("\"'*_ .,;:!?")
        if bared != spelling:
            _add(bared, i, texts, spelled)
    for i, option in enumerate(options):
        if not labels:
            for alias in _ALIASES.get(bare(option.text), ()):
                _add(alias, i, texts, spelled)
    telling = tuple(text for text in spelled if not _is_common(text))
    return Choices(labels=labels, exact=exact, texts=texts, spelled=tuple(spelled), telling=telling)


def denied(text: str, start: int, end: int) -> bool:
    """Say whether what stands there is denied: `not B`, `rather than B`, `B is wrong`."""
    return bool(patterns.NEGATED_BEFORE.search(text[max(0, start - 60) : start])) or denied_after(text, end)


def denied_after(text: str, end: int) -> bool:
    """Say whether what ended there is denied at once: `… is wrong`, `… cannot be`."""
    return patterns.NEGATED_AFTER.match(text, end) is not None


def _add(spelling: str, index: int, texts: dict[str, int], spelled: list[str]) -> None:
    if spelling and texts.setdefault(_flat(spelling), index) == index:
        spelled.append(spelling)


def _is_common(text: str) -> bool:
    """Say whether a text is a lone letter or a word of every sentence: that it occurs tells nothing."""
    return (len(text) == 1 and text.isalpha() and ord(text) < 0x0E00) or text.casefold() in _COMMON


def _word_follows(text: str, end: int) -> bool:
    return text[end : end + 1] == " " and text[end + 1 : end + 2].isalpha()


def _line(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=1024)
def _flat(text: str) -> str:
    return _line(text).casefold()
