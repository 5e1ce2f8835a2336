"""What it costs to turn a data file into written requests: taskc, its peers, and the floor.

Run: `python bench/compile/run.py [--quick] [--work FOLDER]`, with the Python that has taskc. Installs the
peers, and taskc as it was last committed, into environments of their own below FOLDER, where they stay for
the next run, lays out the same items for all, runs everything as fresh processes in turn, and writes the
tables into `bench/README.md`.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from items import SHOTS as SHOWN
from items import write_items
from spent import Spent, run_command
from tables import Cell, Starts, rewrite_readme, write_tables

HERE = Path(__file__).resolve().parent
PEERS = {"lm-eval": "lm-eval==0.4.13", "inspect": "inspect-ai==0.3.285"}
SHOTS = {0: "regimes zero_shot", 5: "regimes few_shot(shots = 5)"}


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to the requests: its command with `{…}` to fill in, up to how many items, requests an item."""

    command: list[str]
    most: int
    requests: int = 1


# items, and how many runs; those of an arm go in turn with those of the others
# a task may have a million items, exemplars among them
FULL = {1_000: 2, 10_000: 1, 100_000: 1, 1_000_000 - SHOWN: 1}
QUICK = {1_000: 1, 10_000: 1}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="1,000 and 10,000 items, one run each")
    parser.add_argument("--work", type=Path, help="where environments, data and requests go")
    parser.add_argument("--only", nargs="*", help="some of: floor taskc inspect lm-eval; writes no table")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="taskc-bench-") as temporary:
        work = (flags.work or Path(temporary)).resolve()
        arms = {name: arm for name, arm in make_arms(work).items() if not flags.only or name in flags.only}
        work.mkdir(parents=True, exist_ok=True)
        install_peers(work, arms)
        install_taskc(work)
        starts = {} if flags.only else measure_starts(work, 2)
        found: dict[Cell, list[Spent]] = {}
        for count, rounds in (QUICK if flags.quick else FULL).items():
            for cell, spent in measure_size(work, arms, count, rounds):
                found.setdefault(cell, []).append(spent)
            text = f"{describe(flags.quick)}\n\n{write_tables(found, starts)}"
            print(text) if flags.only else rewrite_readme(HERE.parent / "README.md", "compile", text)


def make_arms(work: Path) -> dict[str, Arm]:
    """Say how each arm is called; `{python}` and so on are filled in for each run."""
    peer = str(HERE / "peers")
    lm_eval = [python_of(work, "lm-eval"), f"{peer}/lm_eval_build.py", "{data}", "{shots}", "{out}"]
    return {
        "floor": Arm([sys.executable, str(HERE / "floor.py"), "{data}", "{shots}", "{out}"], 100_000),
        "taskc": Arm([taskc(work), "compile", "{data}/words_{shots}.task", "-o", "{build}"], 1_000_000),
        "inspect": Arm(
            [python_of(work, "inspect"), f"{peer}/inspect_build.py", "{data}", "{shots}", "{out}"], 100_000
        ),
        "lm-eval": Arm(lm_eval, 10_000, 4),
    }


def python_of(work: Path, peer: str) -> str:
    return str(work / "venvs" / peer / "bin" / "python")


def taskc(work: Path) -> str:
    """The command as users have it: from a wheel, for an editable checkout is slower to start."""
    return str(work / "venvs" / f"taskc-{commit()}" / "bin" / "taskc")


@cache
def commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, cwd=HERE, check=True).stdout.strip()


def install_taskc(work: Path) -> None:
    """Install the last commit into an environment of its own, if it is not there yet."""
    place = Path(taskc(work)).parent.parent
    if not (place / "bin" / "taskc").exists():
        note(f"installing {place.name}")
        with tempfile.TemporaryDirectory(dir=work) as clone:
            subprocess.run(["git", "clone", "-q", HERE.parents[1], clone], check=True)
            subprocess.run([sys.executable, "-m", "venv", place], check=True)
            subprocess.run([place / "bin" / "python", "-m", "pip", "install", "-q", clone], check=True)


def install_peers(work: Path, arms: dict[str, Arm]) -> None:
    """Make an environment for each peer that has none yet."""
    for name, pinned in PEERS.items():
        python = python_of(work, name)
        if name in arms and not Path(python).exists():
            note(f"installing {pinned}")
            subprocess.run([sys.executable, "-m", "venv", work / "venvs" / name], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", pinned], check=True)


def measure_size(work: Path, arms: dict[str, Arm], count: int, rounds: int) -> Iterator[tuple[Cell, Spent]]:
    """Run all arms that go so far, some times, every other time backwards."""
    names = [name for name in arms if count <= arms[name].most]
    with tempfile.TemporaryDirectory(dir=work) as folder:
        data = Path(folder)
        lay_out(data, count)
        for turn in range(rounds):
            for name, shots in product(names if turn % 2 == 0 else reversed(names), SHOTS):
                spent = measure_arm(arms[name], data, count, shots)
                note(f"{name:18} {count:9,} items {shots} shots {spent.cpu:8.2f} s CPU {spent.peak:6.0f} MB")
                yield Cell(name, count, shots, arms[name].requests), spent


def lay_out(data: Path, count: int) -> None:
    """Write the items and, for them, the two tasks of taskc and the one of lm-eval."""
    write_items(data, count)
    task = (HERE / "words.task").read_text()
    for shots, regimes in SHOTS.items():
        (data / f"words_{shots}.task").write_text(task.replace(SHOTS[0], regimes))
    (data / "words.yaml").write_text((HERE / "peers" / "words.yaml").read_text().replace("FOLDER", str(data)))


def measure_arm(arm: Arm, data: Path, count: int, shots: int) -> Spent:
    """Run one arm once; what it wrote is counted and thrown away."""
    with tempfile.TemporaryDirectory(dir=data) as scratch:
        places = {"data": data, "shots": shots, "build": scratch, "out": f"{scratch}/requests.jsonl"}
        command = [part.format_map(places) for part in arm.command]
        spent = run_command(command, data, Path(scratch))
        with (Path(scratch) / "requests.jsonl").open("rb") as written:
            lines = sum(1 for _ in written)
        assert lines == count * arm.requests, f"{lines} requests from {command}"
    return spent


def measure_starts(work: Path, rounds: int) -> Starts:
    """Run commands that do next to nothing, in turn; the first round warms up."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        data = Path(folder)
        lay_out(data, 10)
        commands = make_starts(work, data)
        found: dict[str, list[Spent]] = {name: [] for name in commands}
        for _ in range(rounds + 1):
            for name, command in commands.items():
                with tempfile.TemporaryDirectory(dir=data) as scratch:
                    found[name].append(run_command(command, data, Path(scratch)))
    return {name: runs[1:] for name, runs in found.items()}


def make_starts(work: Path, data: Path) -> dict[str, list[str]]:
    """Name the commands whose start is measured."""
    inspect, lm_eval = (str(work / "venvs" / peer) for peer in ("inspect/bin/inspect", "lm-eval/bin/lm_eval"))
    include = ["--include_path", str(data)]
    return {
        "`python -c pass`": [sys.executable, "-c", "pass"],
        "`taskc --help`": [taskc(work), "--help"],
        "`inspect --help`": [inspect, "--help"],
        "`lm_eval --help`": [lm_eval, "--help"],
        "`taskc check small.task`": [taskc(work), "check", str(HERE / "small.task")],
        "`lm_eval validate --tasks words`": [lm_eval, "validate", "--tasks", "words", *include],
    }


def describe(quick: bool) -> str:
    """Name the machine, the versions and the load, in a line."""
    about = Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else []
    names = [line.split(": ")[1] for line in about if line.startswith("model name")]
    return (
        f"{(names or [platform.processor()])[0]}, {len(os.sched_getaffinity(0))} cores, {platform.system()} "
        f"{platform.machine()}; Python {platform.python_version()}; taskc at {commit()}, "
        f"{', '.join(PEERS.values())}; load {os.getloadavg()[0]:.1f}{' (--quick)' if quick else ''}."
    )


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
