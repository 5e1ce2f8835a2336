"""Feed the compiler texts that nobody would write, and see that it neither breaks nor hangs.

    python tests/tools/fuzz.py --inputs 200000 --seed 1 --jobs 2

Half of the inputs are made by grammar: tokens and statements of the test files are dropped, doubled, swapped,
put into each other, or exchanged for others. Half are made of bytes: flipped, cut, doubled, inserted. Each
goes the whole way of `taskc check`: read, parse, check, lint, expand a few items, draw the findings, and
through the formatter. An exception that escapes, or more than 10 seconds of CPU time, is a failure: the
input is kept in `--keep`, and the exit code is 1. The same seed makes the same inputs.
"""

import argparse
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

TESTS = Path(__file__).resolve().parents[1]
SECONDS = 10  # of this process, so that a busy machine makes no failure
_TOKEN = re.compile(r'"""(?s:.*?)"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*|\w+|\{\{|\}\}|->|\s+|.')
_ODD = [
    "\0",
    "\ufeff",
    "\u2028",
    "\U0001f600",
    "é",
    "\t",
    "\r",
    "9" * 400,
    "1e999",
    "-",
    "{{",
    "}}",
    "{%",
    '"""',
    "//",
]


class Hang(BaseException):
    """The clock ran out; not an `Exception`, so that nobody catches it by accident."""


def seeds() -> list[str]:
    """Give the texts that inputs are made from: all task files of the tests, right ones six times."""
    right = [*(TESTS / "cases/fine").rglob("*.task"), *(TESTS / "cases/lints").rglob("*.task")]
    right += [*(TESTS / "examples").glob("*.task"), TESTS.parent / "compiler/std/regimes.task"]
    files = [*sorted(right) * 6, *sorted((TESTS / "cases/errors").rglob("*.task"))]
    texts = [path.read_bytes().decode("utf-8", "replace") for path in files]
    return [text for text in texts if len(text) < 1_200]


def by_grammar(chance: random.Random, texts: list[str]) -> bytes:
    """Change a text by its tokens."""
    tokens = _TOKEN.findall(chance.choice(texts))
    others = _TOKEN.findall(chance.choice(texts))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if not tokens:
            break
        at, way = chance.randrange(len(tokens)), chance.randrange(12)
        end = min(len(tokens), at + chance.choice((1, 1, 2, 5, 20)))
        if way == 0:
            del tokens[at:end]
        elif way == 1:
            tokens[at:at] = tokens[at:end]
        elif way == 2:
            other = chance.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif way == 3:
            tokens[at] = chance.choice(tokens)
        elif way == 4 and others:
            start = chance.randrange(len(others))
            tokens[at:end] = others[start : start + chance.choice((1, 2, 10, 60))]
        elif way == 5:
            tokens[at] = chance.choice(_ODD)
        elif way == 6:
            tokens.insert(
                at, chance.choice(("(", ")", "[", "]", "{", "}", ",", "\n", "not", "if", "|", ".", "="))
            )
        elif way == 7:
            tokens[at] = tokens[at] * chance.choice((2, 3, 50))
        else:  # what is of one kind often makes sense in each other's place
            like = [token for token in (*tokens, *others) if token[:1].isalpha() == tokens[at][:1].isalpha()]
            same = [token for token in like if token[:1].isdigit() == tokens[at][:1].isdigit()]
            tokens[at] = chance.choice([token for token in same if token[:1] != "#"] or ["x"])
    return "".join(tokens).encode("utf-8", "surrogatepass")


def by_bytes(chance: random.Random, texts: list[str]) -> bytes:
    """Change a text byte by byte."""
    data = bytearray(chance.choice(texts).encode("utf-8", "replace"))
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at, way = chance.randrange(len(data) + 1), chance.randrange(6)
        end = at + chance.choice((1, 2, 8, 100))
        if way == 0:
            data[at:end] = some_bytes(chance, len(data[at:end]))
        elif way == 1:
            del data[at:end]
        elif way == 2:
            data[at:at] = data[at:end] * chance.choice((1, 2, 30))
        elif way == 3:
            data[at:at] = some_bytes(chance, chance.choice((1, 3, 12)))
        elif way == 4 and at < len(data):
            data[at] ^= 1 << chance.randrange(7)
        else:
            del data[at:]
    return bytes(data)


def some_bytes(chance: random.Random, count: int) -> bytes:
    """Give bytes by chance, most of them of ordinary text."""
    most = 256 if chance.random() < 0.2 else 128
    return bytes(chance.randrange(most) for _ in range(count))


def whole_way(path: Path) -> str:
    """Take one file the whole way and say how it ended."""
    from taskc.compiler.expand import Selection, expand
    from taskc.compiler.limits import Meter
    from taskc.dsl.diagnostic import count_errors
    from taskc.flow.understand import understand
    from taskc.grammar.format import format_text
    from taskc.grammar.show import show

    understood = understand([str(path)])
    found = list(understood.found)
    requests = 0
    if not count_errors(found):
        for task in understood.program.tasks[:4]:
            for _ in expand(task, Meter(), found, Selection(first=0, last=2)):
                requests += 1
                if requests > 200:
                    break
    understood.desk.found += [d for d in found if d not in understood.desk.found]
    sources = understood.sources
    for finding in understood.found:
        show(finding, sources)
    if not understood.loaded.units:
        return "cannot be read"
    format_text(sources[str(path)])
    return "errors" if count_errors(found) else "compiles"


def attempt_share(work: tuple[int, int, int, Path]) -> tuple[Counter[str], list[str]]:
    """Try one share of the inputs."""
    return attempts(*work)


def attempts(first: int, count: int, seed: int, keep: Path) -> tuple[Counter[str], list[str]]:
    """Try the inputs `first` to `first + count`; give how they ended, and what went wrong."""
    signal.signal(signal.SIGPROF, _ring)
    ends: Counter[str] = Counter()
    wrong: list[str] = []
    texts = seeds()
    with tempfile.TemporaryDirectory(dir=_quick_folder()) as folder:
        for data in (TESTS / "examples").iterdir():
            if data.is_file():
                shutil.copy(data, folder)
        path = Path(folder) / "fuzzed.task"
        for number in range(first, first + count):
            chance = random.Random(f"{seed}/{number}")
            make: Callable[[random.Random, list[str]], bytes] = by_grammar if number % 2 else by_bytes
            path.write_bytes(make(chance, texts))
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                ends[whole_way(path)] += 1
            except (Exception, Hang, RecursionError) as problem:
                ends["FAILED"] += 1
                keep.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, keep / f"{number}.task")
                where = traceback.format_exc().strip().splitlines()[-3:]
                wrong.append(f"input {number}: {type(problem).__name__}: {' | '.join(where)}")
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
    return ends, wrong


def _ring(signum: int, frame: FrameType | None) -> None:
    raise Hang(f"longer than {SECONDS} seconds")


def _quick_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _shares(inputs: int, size: int = 2000) -> Iterator[tuple[int, int]]:
    for first in range(0, inputs, size):
        yield first, min(size, inputs - first)


def main() -> int:
    """Run, print a line of counts, and list what went wrong."""
    parse = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parse.add_argument("--inputs", type=int, default=200_000)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parse.add_argument("--keep", type=Path, default=Path("fuzz-failures"))
    given = parse.parse_args()
    ends: Counter[str] = Counter()
    wrong: list[str] = []
    begun = time.monotonic()
    with multiprocessing.Pool(given.jobs) as pool:
        work = [(first, count, given.seed, given.keep) for first, count in _shares(given.inputs)]
        for some, bad in pool.imap(attempt_share, work):
            ends += some
            wrong += bad
            print(f"{sum(ends.values()):,} in {time.monotonic() - begun:.0f} s", *bad, sep="\n", flush=True)
    counts = ", ".join(f"{count:,} {end}" for end, count in sorted(ends.items()))
    print(f"{given.inputs:,} inputs in {time.monotonic() - begun:.0f} s: {counts}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
