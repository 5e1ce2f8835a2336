"""What a lint is worth: the embedded model on the flagged form of a task and on the mended one.

Run: `python bench/lints/run.py [--work FOLDER] [--model MODEL]`, with the Python that has taskc. Every
`RULE_flagged.task` here breaks that one rule; `RULE_mended.task` asks the same items and does not. Both are
compiled and asked, and the table goes into `bench/README.md`.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
RULES = sorted(path.name.removesuffix("_flagged.task") for path in HERE.glob("*_flagged.task"))
TASKC = str(Path(sys.executable).with_name("taskc"))
HEADER = "| lint | items | flagged | mended | difference [95 %] | only flagged | only mended | p |"
Z = 1.959964  # of a two-sided 95 %

Right = dict[str, bool]  # item -> whether the true task's answer was given


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="where the build and the answers go, and are found again")
    parser.add_argument("--model", default="local/smollm2-135m")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="taskc-lints-") as temporary:
        right = ask_all(flags.work or Path(temporary), flags.model)
    rows = [compare(rule, right[f"{rule}_flagged"], right[f"{rule}_mended"]) for rule in RULES]
    header = "| lint | items | flagged | mended | difference [95 %] | only flagged | only mended | p |"
    table = "\n".join([header, "|---" + "|--:" * 7 + "|", *rows])
    rewrite_readme(HERE.parent / "README.md", "lints", f"`{flags.model}`\n\n{table}")


def ask_all(work: Path, model: str) -> Mapping[str, Right]:
    """Compile all pairs and ask the model; gives for each task which items were answered right."""
    tasks = [str(HERE / f"{rule}_{arm}.task") for rule in RULES for arm in ("flagged", "mended")]
    build, runs = str(work / "build"), work / "runs"
    subprocess.run([TASKC, "compile", *tasks, "-q", "-o", build], check=True, stderr=subprocess.DEVNULL)
    subprocess.run([TASKC, "eval", build, "-m", model, "-o", str(runs), "--no-picture"], check=True)
    newest = max(runs.glob("*/scores.jsonl"), key=lambda path: path.stat().st_mtime)
    right: defaultdict[str, Right] = defaultdict(dict)
    for line in newest.read_text(encoding="utf-8").splitlines():
        score = json.loads(line)
        right[score["task"]][score["item"]] = score["correct"]
    return right


def compare(rule: str, flagged: Right, mended: Right) -> str:
    """Make the row of a lint; raises `ValueError` where the two forms asked other items."""
    if flagged.keys() != mended.keys():
        raise ValueError(f"the two forms of {rule} do not ask the same items")
    n = len(flagged)
    lost = sum(mended[item] and not flagged[item] for item in flagged)
    gained = sum(flagged[item] and not mended[item] for item in flagged)
    low, high = paired_interval(n, lost, gained)
    difference = f"{(gained - lost) / n:+.0%} [{low:+.0%}, {high:+.0%}]"
    p = show_chance(mcnemar(lost, gained))
    cells = (f"`{rule.replace('_', '-')}`", n, percent(flagged), percent(mended), difference, gained, lost, p)
    return f"| {' | '.join(map(str, cells))} |"


def percent(right: Right) -> str:
    return f"{sum(right.values()) / len(right):.0%}"


def show_chance(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"


def mcnemar(one: int, other: int) -> float:
    """Give the exact two-sided p of so many items that only one, or only the other, form had right."""
    n = one + other
    tail = sum(math.comb(n, k) for k in range(min(one, other) + 1))
    return min(1.0, math.ldexp(2 * tail, -n))


def paired_interval(n: int, lost: int, gained: int) -> Sequence[float]:
    """Give the 95 % interval of a paired difference of rates (Bonett and Price 2012, adjusted Wald)."""
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half = Z * math.sqrt((up + down - (up - down) ** 2) / (n + 2))
    return max(-1.0, up - down - half), min(1.0, up - down + half)


def rewrite_readme(readme: Path, name: str, text: str) -> None:
    """Put text between the markers `<!-- NAME -->` and `<!-- /NAME -->` of a page."""
    before, rest = readme.read_text(encoding="utf-8").split(f"<!-- {name} -->\n")
    _, after = rest.split(f"<!-- /{name} -->")
    readme.write_text(f"{before}<!-- {name} -->\n{text}\n<!-- /{name} -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
