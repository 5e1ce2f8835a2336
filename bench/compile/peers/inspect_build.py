"""Inspect: `json_dataset`, then the solvers `system_message` and `multiple_choice`, its messages written.

Called as `inspect_build.py FOLDER SHOTS OUT` by Inspect's own Python. What stands for the model writes the
messages it is given and replies nothing. Shots stand in the system message, as in inspect_evals.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from inspect_ai.dataset import Sample, json_dataset
from inspect_ai.model import ChatMessageUser, ModelName
from inspect_ai.scorer import Target
from inspect_ai.solver import TaskState, multiple_choice, system_message


def sample(record: dict[str, Any]) -> Sample:
    return Sample(
        id=record["id"], input=record["question"], choices=record["choices"], target="ABCD"[record["gold"]]
    )


def shown(one: Sample) -> str:
    options = "\n".join(f"{letter}) {text}" for letter, text in zip("ABCD", one.choices or [], strict=True))
    return f"Question: {one.input}\n\n{options}\n\nANSWER: {one.target}"


async def main(folder: Path, shots: int, out: Path) -> None:
    samples = json_dataset(str(folder / "items.jsonl"), sample)
    examples = json_dataset(str(folder / "shots.jsonl"), sample, limit=shots)
    solvers = [multiple_choice()]
    if shots:
        solvers.insert(0, system_message("\n\n".join(map(shown, examples))))
    with out.open("w") as written:

        async def write(state: TaskState, **_: Any) -> TaskState:
            messages = [{"role": one.role, "content": one.text} for one in state.messages]
            request = {"id": state.sample_id, "messages": messages, "answer": state.target.text}
            written.write(json.dumps(request) + "\n")
            return state

        for one in samples:
            state = TaskState(
                model=ModelName("none/none"),
                sample_id=one.id or "",
                epoch=1,
                input=one.input,
                messages=[ChatMessageUser(content=str(one.input))],
                target=Target(one.target),
                choices=one.choices,
            )
            for solver in solvers:
                state = await solver(state, write)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
