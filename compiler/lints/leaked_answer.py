"""The prompt mentions the answer more than what competes with it.

## What it finds
Tasks in which the option that the prompt says most often, as whole words, to the letter and the list of the
options apart, is the answer more often than chance. Without options, what the distractors predict stands
in their place. Told is how often that is so among the items in which one is said more than every other.
The test is an exact binomial one against one in k, for items with k options, corrected for each number of
options; up to 1,000 such items are read, evenly spread. It must be so under every way of showing the items
(a prompt of a level that says a wrong answer evens it out). Where all items have the same options nothing
is told, nor under p = 0.001 or for a gain of less than 5 points over all items.

## Why it matters
A model that repeats what it has just read is right without understanding the question. Where repeating
is the task, say so with an `allow`.

## Example
```task
task capitals {
    item { country: text, hint: text, answer: text, trap: text }
    items generate 40 seed 2 {
        let kind = randint(0, 3)
        let map = randint(1, 99999)
        country = ["France", "Italy", "Turkey", "Canada"][kind] + " (map {{ map }})"
        answer = ["Paris", "Rome", "Ankara", "Ottawa"][kind]
        trap = ["Lyon", "Milan", "Istanbul", "Toronto"][kind]
        hint = "People often visit {{ answer }} in spring."
    }
    true_task "name the capital" -> answer
    distractor "name another city" -> trap
    prompt "{{ hint }} What is the capital of {{ country }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task capitals {
    item { country: text, hint: text, answer: text, trap: text }
    items generate 40 seed 2 {
        let kind = randint(0, 3)
        let map = randint(1, 99999)
        country = ["France", "Italy", "Turkey", "Canada"][kind] + " (map {{ map }})"
        answer = ["Paris", "Rome", "Ankara", "Ottawa"][kind]
        trap = ["Lyon", "Milan", "Istanbul", "Toronto"][kind]
        hint = "People often visit {{ answer }} and {{ trap }} in spring."
    }
    true_task "name the capital" -> answer
    distractor "name another city" -> trap
    prompt "{{ hint }} What is the capital of {{ country }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from taskc.compiler.lints.chance import Excess, counted, excess
from taskc.compiler.lints.length_gives_away import varies
from taskc.compiler.lints.view import View
from taskc.compiler.survey import Look, Seen
from taskc.dsl.diagnostic import Diagnostic, Label, warning

_MOST = 1_000  # items that are read word by word


def mark_mentions(seen: Seen, look: Look) -> int:
    """Mark an item whose prompt has one of its options more often than another, as letters go."""
    rivals = _rivals(seen)
    if len(rivals) < 2:
        return 0
    count = seen.text.count
    first = count(rivals.pop())
    for text in rivals:
        if count(text) != first:
            return 1
    return 0


def has_rivals(look: Look) -> bool:
    """Say whether anything competes with the answer that is not the same for every item."""
    variant = look.variants[0]
    return varies(look) if variant.options is not None else bool(variant.distractors)


def leaked_answer(view: View) -> Iterator[Diagnostic]:
    """Find tasks whose prompt, however shown, says the answer more than the other options."""
    found = []
    for look in view.looks:
        if look.fixed:
            return
        likely = sum(map(bool, look.marks["leaked-answer"]))
        one, example = _mentioned(look, look.sample("leaked-answer", _MOST), likely)
        if one is None:
            return
        found.append((one, example))
    one, example = min(found, key=lambda pair: pair[0].gain)
    seen = view.first.seen(example)
    yield warning(
        "leaked-answer",
        f"where the prompt says one option most, it is the answer in {one.often}",
        view.first.variants[0].prompt[-1][1].span,
        note=str(one),
        others=[Label(span=seen.item.origin, text=f"item `{seen.item.id}` says “{seen.answer_text[:40]}”")],
        help="word the prompt so that it says all options, or none, outside of their list",
    )


def _mentioned(look: Look, numbers: Sequence[int], likely: int) -> tuple[Excess | None, int]:
    """Test the option said most in each of the items; gives an item in which it is the answer, too."""
    pairs: Counter[tuple[int, bool]] = Counter()
    example = -1
    for number in numbers:
        seen = look.seen(number)
        rivals = _rivals(seen)
        text = _without_list(seen)
        said = [count_words(one, text) for one in rivals]
        most = max(said)
        if said.count(most) == 1:
            right = rivals[said.index(most)] == seen.answer_text
            pairs[len(rivals), right] += 1
            example = number if right and example < 0 else example
    read = len(look) * len(numbers) // likely if likely else 0  # the share of the task that was read
    return (excess(counted(pairs), max(1, read), tests=1), example) if pairs else (None, -1)


def count_words(words: str, text: str) -> int:
    """Count how often `words` stand in a text with no letter, digit or `_` right before or after them."""
    count, at = 0, text.find(words)
    while at >= 0 and words:
        end = at + len(words)
        whole = not _joins(text[at - 1 : at]) and not _joins(text[end : end + 1])
        count += whole
        at = text.find(words, end if whole else at + 1)
    return count


def _joins(character: str) -> bool:
    return character.isalnum() or character == "_"


def _rivals(seen: Seen) -> list[str]:
    """Give the texts of the options, or without options the different predictions."""
    if seen.scene.choices:
        return list(seen.scene.choices.texts)
    return list(dict.fromkeys(seen.scene.predictions.values()))


def _without_list(seen: Seen) -> str:
    """Give the prompt without the list of options."""
    listed = str(seen.scene.values["options"]) if seen.choices else ""
    return seen.text.replace(listed, "") if listed else seen.text
