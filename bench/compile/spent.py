"""Runs a command as a whole process and says what it spent, its own children with it."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """CPU and wall seconds, and the peak of resident memory in MB, of one process and its children."""

    cpu: float
    wall: float
    peak: float


class CommandFailed(Exception):
    """A command of the benchmark ended with another code than 0."""


def run_command(command: list[str], folder: Path, scratch: Path) -> Spent:
    """Run to the end in a folder, every cache in a new one; raises `CommandFailed`."""
    caches = {name: str(scratch) for name in ("HF_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    with (scratch / "log").open("wb") as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **caches}, stdout=log, stderr=subprocess.STDOUT
        )
        peak = 0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            peak = max(peak, _resident(process.pid))
            time.sleep(0.005)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(ended[1])
    if process.returncode:
        raise CommandFailed(f"{' '.join(command)}\n{(scratch / 'log').read_text()[-3000:]}")
    use = ended[2]
    return Spent(cpu=use.ru_utime + use.ru_stime, wall=wall, peak=max(peak, use.ru_maxrss) / 1024)


def _resident(process: int) -> int:
    """Sum what a process and its children hold, in KB: `ru_maxrss` knows the largest of them only."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024 + sum(_resident(int(child)) for child in children)
