"""How fast models are asked over a network: taskc, its peers, and bare clients, against one quick server.

Run: `python bench/eval/run.py [--quick] [--work FOLDER] [--memory]`, with the Python that has taskc. Installs
the peers into environments of their own below FOLDER, where they stay for the next run, starts the server of
`server.py` at each latency, and writes the tables into `bench/README.md`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "compile"))

from items import write_items  # noqa: E402
from spent import Spent, run_command  # noqa: E402
from tables import rewrite_readme  # noqa: E402
from written import Cell, End, Pace, write_ends, write_memory, write_rates  # noqa: E402

PEERS = {"lm-eval": ["lm-eval[api]==0.4.13"], "inspect": ["inspect-ai==0.3.285", "openai"]}
MODELS = {
    "taskc openai-api/": "openai-api/box/m",
    "taskc openai/": "openai/gpt-4o",
    "taskc anthropic/": "anthropic/claude-x",
}
BARE = ("aiohttp", "openai", "openai+aiohttp", "anthropic", "anthropic+aiohttp")
LATENCIES = (0.0, 0.02, 0.2)
CONNECTIONS = (8, 64, 256)
SMALL = 10  # items of a run that is all start-up
ENDS = {"taskc openai-api/": 10_000, "lm-eval": 2_000, "inspect": 1_000}
MEMORY = (10_000, 50_000, 200_000)


@dataclass(frozen=True, slots=True)
class Server:
    """The server of `server.py`, running."""

    process: "subprocess.Popen[str]"
    port: int

    def told(self) -> dict[str, float]:
        """Say what came since the last time."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        told: dict[str, float] = json.loads(self.process.stdout.readline())
        return told


@contextmanager
def serving(latency: float) -> Iterator[Server]:
    """Run the server while the block runs."""
    command = [sys.executable, str(HERE / "server.py"), "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Server(process, int(process.stdout.readline()))
        finally:
            process.kill()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer requests and one round")
    parser.add_argument("--work", type=Path, help="where environments and data go")
    parser.add_argument(
        "--memory", action="store_true", help="up to 200,000 requests, for the memory they take"
    )
    parser.add_argument("--only", nargs="*", help="some of: rates ends memory; the others stay as they are")
    flags = parser.parse_args()
    wanted = flags.only or ["rates", "ends", *(["memory"] if flags.memory else [])]
    with tempfile.TemporaryDirectory(prefix="taskc-bench-") as temporary:
        work = (flags.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        readme = HERE.parent / "README.md"
        if "rates" in wanted:
            for rates in measure_rates(work, 0.3 if flags.quick else 1.0):
                rewrite_readme(readme, "eval-rates", f"{describe()}\n\n{write_rates(rates)}")
        if "ends" in wanted:
            ends = measure_ends(work, 1 if flags.quick else 2)
            rewrite_readme(readme, "eval-ends", f"{describe()}\n\n{write_ends(ends)}")
        if "memory" in wanted:
            rewrite_readme(readme, "eval-memory", f"{describe()}\n\n{write_memory(measure_memory(work))}")


def measure_rates(work: Path, share: float) -> Iterator[dict[Cell, Pace]]:
    """Ask with every client at every latency and concurrency; gives what is known after each latency."""
    found: dict[Cell, Pace] = {}
    with tempfile.TemporaryDirectory(dir=work) as folder:
        data = lay_out(Path(folder), 30_000)
        for latency in LATENCIES:
            with serving(latency) as server:
                starts = {arm: evaluate(server, data, model, SMALL, 8).cpu for arm, model in MODELS.items()}
                for connections, arm in product(CONNECTIONS, (*MODELS, *BARE)):
                    count = requests_for(arm, latency, connections, share)
                    pace = pace_of(server, data, arm, count, connections)
                    pace = replace(pace, cpu=pace.cpu - starts.get(arm, 0.0) / count)
                    found[Cell(arm, latency, connections)] = pace
                    note(f"{arm:20} {latency * 1000:4.0f} ms {connections:4} {pace.rate:8,.0f} requests/s")
            yield found


def requests_for(arm: str, latency: float, connections: int, share: float) -> int:
    """Choose how many requests to send: half a minute of them, and enough to come up to speed."""
    fastest = 3_000 if arm == "aiohttp" or "openai-api" in arm else 800
    rate = min(fastest, connections / latency) if latency else fastest
    return min(30_000, max(int(rate * 12 * share), 80 * connections))


def pace_of(server: Server, data: Path, arm: str, count: int, connections: int) -> Pace:
    """Send so many requests; the rate is by the server's clock, the CPU by the client's."""
    server.told()
    if arm in MODELS:
        cpu = evaluate(server, data, MODELS[arm], count, connections).cpu
    else:
        ask = [sys.executable, str(HERE / "clients.py"), arm, str(server.port), str(count), str(connections)]
        cpu = json.loads(subprocess.run(ask, check=True, capture_output=True).stdout)["cpu"]
    told = server.told()
    assert told["requests"] >= count, f"{told['requests']} answers for {count} requests of {arm}"
    rate = told["requests"] / told["seconds"]
    return Pace(rate=rate, steady=told["steady"], latency=told["latency"], cpu=cpu / count)


def measure_ends(work: Path, rounds: int) -> dict[str, list[End]]:
    """Run whole evaluations, 64 at a time and no latency, each also with next to no items."""
    install_peers(work)
    found: dict[str, list[End]] = {}
    with serving(0.0) as server:
        for turn in range(rounds):
            for arm, count in ENDS.items() if turn % 2 == 0 else reversed(ENDS.items()):
                few, many = (run_end(server, work, arm, size) for size in (SMALL, count))
                found.setdefault(arm, []).append(End(count - SMALL, few, many))
                note(f"{arm:20} {count:6,} items {many.cpu:8.2f} s CPU, {few.cpu:.2f} of it to start")
    return found


def run_end(server: Server, work: Path, arm: str, count: int) -> Spent:
    with tempfile.TemporaryDirectory(dir=work) as folder:
        data = lay_out(Path(folder), count)
        if arm in MODELS:
            return evaluate(server, data, MODELS[arm], count, 64)
        server.told()
        spent = run_command(["env", *settings(server), *peer(server, work, data, arm)], data, scratch(data))
        told = server.told()
        assert told["requests"] == count, f"{told['requests']} answers for {count} items of {arm}"
        return spent


def peer(server: Server, work: Path, data: Path, arm: str) -> list[str]:
    """Give the command of a peer."""
    tools = work / "venvs-asking" / arm / "bin"
    if arm == "inspect":
        (data / "inspect_words.py").write_text((HERE / "peers" / "inspect_words.py").read_text())
        command = [str(tools / "inspect"), "eval", "inspect_words.py", "-T", f"data={data}"]
        return [*command, "--model", "openai-api/box/m", "--max-connections", "64", "--display", "none"]
    (data / "words.yaml").write_text((HERE / "peers" / "words.yaml").read_text().replace("FOLDER", str(data)))
    url = f"http://127.0.0.1:{server.port}/v1/chat/completions"
    model = f"model=m,base_url={url},num_concurrent=64,max_retries=1"
    command = [str(tools / "lm_eval"), "run", "--model", "local-chat-completions", "--model_args", model]
    command += ["--tasks", "words", "--include_path", str(data), "--apply_chat_template"]
    return [*command, "--output_path", str(data / "out"), "--log_samples"]


def measure_memory(work: Path) -> dict[int, Spent]:
    """Evaluate builds of more and more requests, 64 at a time."""
    found = {}
    with serving(0.0) as server, tempfile.TemporaryDirectory(dir=work) as folder:
        for count in MEMORY:
            data = lay_out(Path(folder) / str(count), count)
            found[count] = evaluate(server, data, MODELS["taskc openai-api/"], count, 64)
            note(f"{count:9,} requests {found[count].peak:5.0f} MB")
    return found


def lay_out(data: Path, count: int) -> Path:
    """Write items, and a task of one request an item, compiled."""
    data.mkdir(exist_ok=True)
    write_items(data, count)
    task = (HERE.parent / "compile" / "words.task").read_text().replace("measure choice", "measure reply")
    (data / "words.task").write_text(task)
    subprocess.run([taskc(), "compile", "-q", "words.task"], cwd=data, check=True, capture_output=True)
    return data


def evaluate(server: Server, data: Path, model: str, count: int, connections: int) -> Spent:
    """Run `taskc eval` as a person would, with a new store."""
    out = scratch(data)
    command = [taskc(), "eval", "build", "-m", model, "-j", str(connections), "--limit", str(count)]
    command += ["-o", str(out / "runs"), "--no-picture", "-q"]
    return run_command(["env", *settings(server), *command], data, out)


def settings(server: Server) -> list[str]:
    """Give the environment that says where the server is."""
    url = f"http://127.0.0.1:{server.port}"
    keys = [f"{name}_API_KEY=none-at-all" for name in ("BOX", "OPENAI", "ANTHROPIC")]
    urls = [f"BOX_BASE_URL={url}/v1", f"OPENAI_BASE_URL={url}/v1", f"ANTHROPIC_BASE_URL={url}"]
    return [*keys, *urls, "HF_HUB_OFFLINE=1", "HF_DATASETS_OFFLINE=1"]


def scratch(data: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=data))


def install_peers(work: Path) -> None:
    """Make an environment for each peer that has none yet."""
    for name, pinned in PEERS.items():
        python = work / "venvs-asking" / name / "bin" / "python"
        if not python.exists():
            note(f"installing {pinned[0]}")
            subprocess.run([sys.executable, "-m", "venv", work / "venvs-asking" / name], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", *pinned], check=True)


def taskc() -> str:
    """The command beside the Python that runs this."""
    return str(Path(sys.executable).parent / "taskc")


def describe() -> str:
    """Name the machine, the versions and the load, in a line."""
    import platform
    from importlib.metadata import version

    about = Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else []
    names = [line.split(": ")[1] for line in about if line.startswith("model name")]
    asked = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, cwd=HERE, check=False).stdout.strip()
    used = [f"{name} {version(name)}" for name in ("openai", "anthropic", "aiohttp")]
    return (
        f"{(names or [platform.processor()])[0]}, {len(os.sched_getaffinity(0))} cores, {platform.system()}; "
        f"Python {platform.python_version()}; taskc at {commit}, {', '.join(used)}, "
        f"{', '.join(pinned[0] for pinned in PEERS.values())}; load {os.getloadavg()[0]:.1f}."
    )


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
