"""The same 200 items by each way there is to the embedded model: the same choices, and log-probabilities.

Further arms go into `ARMS`, each with the tolerance its arithmetic allows.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

COUNT = 200
LEAST_SAME = 0.97  # of the choices; the others are ties within the tolerance
TASK = """
task sums {
  title "Sums"
  allow missing-canary "a test"
  item { first: int, second: int, options_: text[2], answer: one of options_, trap: one of options_ }
  items from "sums.jsonl"
  true_task "Add." -> answer
  distractor "Off by ten." -> trap
  options options_ as letters
  prompt \"\"\"
    What is {{ first }} + {{ second }}?
    {{ options }}
    \"\"\"
  reply "Answer: {{ answer }}"
  regimes zero_shot
  measure label
}
"""
# mode of `local/`, whose server, model string, and how many nats the log-probability of a label may be off.
# Over 4-bit weights llama.cpp rounds what flows through the network to 8 bits, which `local/` does not.
ARMS: dict[str, tuple[str, str, str, float]] = {
    "chat": ("chat", "unpacked_llama", "openai-api/llama/m?prefill=yes&top_logprobs=400", 0.05),
    "text": ("text", "unpacked_llama", "openai-api/llama/m?mode=completions&top_logprobs=400", 0.05),
    "chat, 4 bits": ("chat", "packed_llama", "openai-api/llama/m?prefill=yes&top_logprobs=400", 0.5),
    "text, 4 bits": (
        "text",
        "packed_llama",
        "openai-api/llama/m?mode=completions&top_logprobs=400",
        1.0,
    ),
}


def write_items(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for n in range(COUNT):
            first, second = 11 + n * 7 % 83, 12 + n * 5 % 79
            right, wrong = str(first + second), str(first + second + 10)
            options = [right, wrong] if n % 2 else [wrong, right]
            item = {"first": first, "second": second, "options_": options, "answer": right, "trap": wrong}
            file.write(json.dumps(item) + "\n")


@pytest.mark.parametrize("arm", ARMS)
def test_the_same_choices_and_log_probabilities(
    evaluate: Callable[..., Any], request: pytest.FixtureRequest, embedded: Path, tmp_path: Path, arm: str
) -> None:
    mode, server, model, tolerance = ARMS[arm]
    address = request.getfixturevalue(server)
    write_items(tmp_path / "sums.jsonl")
    here = f"local/smollm2-135m?mode={mode}"
    ran = evaluate(TASK, "-m", here, "-m", model, LLAMA_BASE_URL=f"{address}/v1")
    assert ran.code == 0, ran.err
    found: dict[str, dict[str, list[float]]] = {}
    for one in ran.answers:
        found.setdefault(one["model"].partition("/")[0], {})[one["request"]] = one["outcome"]["logprobs"]
    ours, theirs = found.pop("local"), found.popitem()[1]
    assert len(ours) == len(theirs) == COUNT and ours.keys() == theirs.keys()
    off, margins, same = [], [], 0
    for asked, known in ours.items():
        assert None not in theirs[asked]
        off += [abs(a - b) for a, b in zip(known, theirs[asked], strict=True)]
        if (known[0] > known[1]) == (theirs[asked][0] > theirs[asked][1]):
            same += 1
        else:
            margins.append(abs(known[0] - known[1]))
    mean = math.fsum(off) / len(off)
    print(f"{arm}: off by {mean:.5f} nats on average, {max(off):.5f} at most; {same} choices the same")
    print(f"{arm}: margins of the others: {[round(one, 3) for one in margins]}")
    assert max(off) < tolerance
    assert same >= LEAST_SAME * COUNT
    assert all(margin < 2 * tolerance for margin in margins)
