"""The floor: what Python needs for the same prompts with nothing checked. An f-string, and JSON lines.

Called as `floor.py FOLDER SHOTS OUT`; with shots, the same ones stand before every item.
"""

import json
import sys
from pathlib import Path
from typing import Any


def main(folder: Path, shots: int, out: Path) -> None:
    with (folder / "shots.jsonl").open() as file:
        shown = [json.loads(next(file)) for _ in range(shots)]
    before = "".join(f"{ask(item)} {'ABCD'[item['gold']]}\n\n" for item in shown)
    with (folder / "items.jsonl").open() as file, out.open("w") as written:
        for line in file:
            item = json.loads(line)
            request = {"id": item["id"], "prompt": before + ask(item), "answer": "ABCD"[item["gold"]]}
            written.write(json.dumps(request) + "\n")


def ask(item: dict[str, Any]) -> str:
    a, b, c, d = item["choices"]
    return f"Question: {item['question']}\nA. {a}\nB. {b}\nC. {c}\nD. {d}\nAnswer:"


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
