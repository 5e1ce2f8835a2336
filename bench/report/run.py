"""What a report of many scores takes: simulated models answer a build, and `taskc report` tells of them.

    python bench/report/run.py                  # 5 tasks × 4 regimes × 250 items × 20 models: 100,000 scores
    python bench/report/run.py --items 1000     # 400,000
    python bench/report/run.py --work FOLDER    # keep the runs for the next time

CPU and memory are those of the whole process from start to end; the least of some runs counts.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "bench/README.md"
LADDERS = ("pythia", "opt", "qwen2.5", "smollm2")
MODELS = {"smollm2": 3, "qwen2.5": 7}  # of the others 5; together 20
TASKS, REGIMES = 5, ("zero_shot", "one_shot", "few_shot", "step_by_step")
SHAPES = ("inverse", "u_shaped", "positive", "flat", "inverted_u")
HEAD = 'allow missing-canary, answer-position, too-few-items "made for a benchmark"\n'
TASK = """
task made_{at} {{
  item {{ q: text, options_: text[2], answer: one of options_, trap: one of options_, rationale: text }}
  items from "items.jsonl"
  true_task "Answer." -> answer
  distractor "Be led." -> trap
  options options_ as letters
  prompt "{{{{ q }}}} ({at})\\n{{{{ options }}}}"
  reply "Answer: {{{{ answer }}}}"
  measure choice
  regimes {regimes}
}}
"""


def item(at: int) -> str:
    right, other = f"yes {at}", f"no {at}"
    options = [right, other] if at % 2 else [other, right]
    trap = right if at % 3 == 0 else other
    options_ = ", ".join(f'"{one}"' for one in options)
    told = "It is so because it was said to be so at the beginning of the question. " * 2
    return (
        f'{{"id": "i{at}", "q": "Is number {at} what it is said to be, and nothing else?", '
        f'"options_": [{options_}], "answer": "{right}", "trap": "{trap}", "rationale": "{told}"}}\n'
    )


def make(work: Path, items: int) -> int:
    """Let the models answer, unless they have; give the number of scores."""
    runs = work / f"runs-{items}"
    if not runs.exists():
        from taskc.backends import Surroundings
        from taskc.flow.build import compile_paths
        from taskc.flow.selection import parse_selection
        from taskc.flow.simulate import SimulateJob, simulate

        work.mkdir(parents=True, exist_ok=True)
        (work / "items.jsonl").write_text("".join(map(item, range(items))))
        tasks = "".join(TASK.format(at=at, regimes=", ".join(REGIMES)) for at in range(TASKS))
        (work / "made.task").write_text(HEAD + tasks)
        built = compile_paths([str(work / "made.task")], work / f"build-{items}")
        assert built.manifest is not None, [one.message for one in built.understood.found]
        for ladder in LADDERS:
            for at, shape in enumerate(SHAPES):
                job = SimulateJob(
                    build=work / f"build-{items}",
                    runs=runs,
                    shape=shape,  # type: ignore[arg-type]
                    effect=0.2,
                    part="conflict",
                    models=MODELS.get(ladder, 5),
                    ladder=ladder,
                    wanted=parse_selection([f"task=made_{at}"], None),
                    pictures=False,
                )
                simulate(job, Surroundings(environment={}, cache=work / "cache", offline=True))
    return sum(sum(1 for _ in path.open("rb")) for path in runs.glob("*/scores.jsonl"))


def measured(arguments: list[str]) -> tuple[float, float, float]:
    """Run a command; give its CPU seconds, wall seconds and the peak of its memory in MB."""
    begun = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    assert status == 0, arguments
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=250)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path)
    given = parser.parse_args()
    work = given.work or Path(tempfile.mkdtemp(prefix="taskc-bench-"))
    try:
        scores = make(work.resolve(), given.items)
        runs, out = str(work / f"runs-{given.items}"), str(work / "report")
        arms = {
            "`taskc report`": ["report", runs, "-o", out],
            "`taskc report --no-figures`": ["report", runs, "-o", out, "--no-figures"],
            "`taskc curves`": ["curves", runs, "--part", "conflict"],
        }
        lines = ["| | scores | CPU s | wall s | peak MB |", "| --- | --: | --: | --: | --: |"]
        for name, arguments in arms.items():
            took = [measured([sys.executable, "-m", "taskc", *arguments]) for _ in range(given.rounds)]
            cpu, wall, memory = min(t[0] for t in took), min(t[1] for t in took), max(t[2] for t in took)
            lines.append(f"| {name} | {scores:,} | {cpu:.1f} | {wall:.1f} | {memory:.0f} |")
        size = (work / "report/report.html").stat().st_size / 1e6
        head = (
            f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}; Python "
            f"{platform.python_version()}; load {os.getloadavg()[0]:.1f}; the page has {size:.1f} MB."
        )
        table = "\n".join([head, "", *lines])
        print(table)
        text = README.read_text(encoding="utf-8")
        before, _, rest = text.partition("<!-- report -->\n")
        _, _, after = rest.partition("<!-- /report -->")
        if after:
            README.write_text(f"{before}<!-- report -->\n{table}\n<!-- /report -->{after}", encoding="utf-8")
    finally:
        if given.work is None:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
