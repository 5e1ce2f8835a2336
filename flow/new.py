"""`taskc new`: a first task in a folder of its own, with items that have a distractor."""

import json
import re
import unicodedata
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from taskc.dsl.span import Source
from taskc.grammar.parse import parse
from taskc.store.atomic import write_atomically


class BadName(Exception):
    """A name that no task can have: problem and cure."""

    def __init__(self, message: str, help: str = "") -> None:
        """Keep problem and cure."""
        super().__init__(message)
        self.help = help


class Occupied(Exception):
    """A place where something is already: problem and cure."""

    def __init__(self, message: str, help: str = "") -> None:
        """Keep problem and cure."""
        super().__init__(message)
        self.help = help


def new_task(folder: Path) -> tuple[Path, ...]:
    """Make a task in `folder`, named after it, and give the files written.

    Raises `BadName`, and `Occupied` where the folder holds anything: nothing is ever written over.
    """
    name = _checked(folder)
    if folder.exists() and not folder.is_dir():
        raise Occupied(f"`{folder}` is a file", "give the task another name")
    if folder.is_dir() and any(folder.iterdir()):
        raise Occupied(f"the folder `{folder}` is not empty", "name a new or an empty one")
    files = {f"{name}.task": task_text(name), "items.jsonl": items_text(), "README.md": card_text(name)}
    for file, text in files.items():
        write_atomically(folder / file, text)
    return tuple(folder / file for file in files)


def _checked(folder: Path) -> str:
    """Give the name of the task; raises `BadName` with one that would do."""
    name = folder.name
    if name and is_name(name):
        return name
    better = suggested(name)
    raise BadName(
        f"`{name}` cannot be the name of a task: a name is a letter, then letters, digits and `_`",
        f"write `taskc new {folder.parent / better}`",
    )


def is_name(text: str) -> bool:
    """Say whether the language reads `text` as the name of a task."""
    if not re.fullmatch(r"\w{1,80}", text):
        return False
    file, found = parse(Source(name="", text=f"task {text} {{ }}"))
    return file is not None and not found


def suggested(name: str) -> str:
    """Give a name like `name` that a task can have."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    made = "_".join(words)[:80].rstrip("_")
    if not made:
        return "my_task"
    return made if is_name(made) else f"task_{made}"[:80]


def canary(name: str) -> str:
    """Give the canary of a new task: the same name has the same one on every machine."""
    return f"taskc canary GUID {uuid5(NAMESPACE_URL, f'taskc:new:{name}')}"


def task_text(name: str) -> str:
    """Write the `.task` file."""
    return _TASK.replace("NAME", name).replace("CANARY", canary(name))


def items_text() -> str:
    """Write the items, a JSON object a line."""
    rows = []
    for line in _ITEMS.splitlines():
        id, question, first, second, answer, belief = line.split(" | ")
        choices = [first, second]
        row = {"id": id, "question": question, "choices": choices, "answer": answer, "belief": belief}
        rows.append(json.dumps(row, ensure_ascii=False) + "\n")
    return "".join(rows)


def card_text(name: str) -> str:
    """Write the card that tells others what the task is."""
    return _CARD.replace("NAME", name).replace("CANARY", canary(name))


# six items on which many people are wrong, then six controls on which they are right; in each half the answer
# is the first choice as often as the second, and neither longer nor shorter as a rule
_ITEMS = """\
hottest-planet | Which planet of the solar system is the hottest? | Mercury | Venus | Venus | Mercury
desert | Counting cold ones, what is the largest desert on Earth? | Antarctica | Sahara | Antarctica | Sahara
australia | Which city is the capital of Australia? | Sydney | Canberra | Canberra | Sydney
sun | What colour would the sun seem to have if you saw it from space? | white | yellow | white | yellow
air | Which gas is there most of in the air around us? | oxygen | nitrogen | nitrogen | oxygen
pyramids | Where do more ancient pyramids stand? | Sudan | Egypt | Sudan | Egypt
giant | Name the planet with the greatest mass. | Saturn | Jupiter | Jupiter | Jupiter
ocean | Which ocean lies between Asia and America? | Pacific | Atlantic | Pacific | Pacific
parliament | In what city does the Japanese parliament sit? | Osaka | Tokyo | Tokyo | Tokyo
sky | How does a clear sky look at noon? | blue | green | blue | blue
breath | What must people breathe to live? | helium | oxygen | oxygen | oxygen
colosseum | The Colosseum is a sight of which country? | Italy | Greece | Italy | Italy
"""

_TASK = '''\
# Does a model say what is true, or what many people believe?

task NAME {
  title   "True or believed"
  about   "Short questions of fact; on half of them a common belief is wrong."
  version "0.1"
  canary  "CANARY"

  item {
    question: text
    choices:  text[2]
    answer:   one of choices  # what is true
    belief:   one of choices  # what many people believe; the same as the answer in controls
  }
  items from "items.jsonl"

  true_task  "Say what is true."             -> answer
  distractor "Say what many people believe." -> belief

  options choices as letters
  prompt """
    {{ question }}
    {{ options }}
    """
  reply "Answer: {{ answer }}"

  regimes zero_shot, few_shot(shots = 4)
  vary order as_written, reversed

  allow too-few-items "a first task, to be filled with items"
}
'''

_CARD = """\
# NAME

Short questions of fact with two choices. On half of the items a common belief is wrong: there the true task,
*say what is true*, and the distractor, *say what many people believe*, predict different answers. The other
half are controls on which both predict the same; a model that fails there does not know the facts.

| file | holds |
|---|---|
| `NAME.task` | the task: what one item holds, what is wanted, what competes, how it is asked |
| `items.jsonl` | the items, a JSON object a line: `id`, `question`, `choices`, `answer`, `belief` |

```sh
taskc check .             # everything that is wrong with it
taskc compile . --show 1  # all prompts, into `build/`; prints the first
taskc eval -m echo/x      # a fake model; name a real one to measure
```

To make it yours: put your items into `items.jsonl`, say in the task what is wanted and what competes with it,
and take `allow too-few-items` out when there are enough.

CANARY
"""
