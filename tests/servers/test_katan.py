"""`taskc eval` against llm-katan, which repeats what it was asked, and goes wrong when it is told to."""

from typing import Any

import pytest

TASK = """
task echoes {
  title "Echoes"
  allow missing-canary, too-few-items "a test"
  item { answer: text, trap: text }
  items [
    { answer: "red",  trap: "blue" }
    { answer: "five", trap: "six" }
    { answer: "cold", trap: "warm" }
  ]
  true_task "Say the word." -> answer
  distractor "Say another." -> trap
  prompt "Answer: {{ answer }}"
  reply "Answer: {{ answer }}"
  regimes zero_shot
  measure reply
}
"""


def env(address: str) -> dict[str, str]:
    key = "any-key-will-do"
    return {
        "KATAN_BASE_URL": f"{address}/v1",
        "KATAN_API_KEY": key,
        "OPENAI_BASE_URL": f"{address}/v1",
        "OPENAI_API_KEY": key,
        "ANTHROPIC_BASE_URL": address,
        "ANTHROPIC_API_KEY": key,
    }


@pytest.mark.parametrize("model", ["openai-api/katan/echo", "openai/echo"])
def test_what_it_repeats_is_the_right_answer(evaluate: Any, katan: str, model: str) -> None:
    ran = evaluate(TASK, "-m", model, **env(katan))
    assert ran.code == 0, ran.err
    assert [one["given"] for one in ran.scores] == ["red", "five", "cold"]
    assert all("[echo] model=echo" in one["outcome"]["text"] for one in ran.answers)


def test_who_is_not_let_in_is_told_which_key_it_was(evaluate: Any, katan: str) -> None:
    """It knows an older header than Anthropic's SDK sends, and answers 401: that ends the run at once."""
    ran = evaluate(TASK, "-m", "anthropic/echo", "-j", "1", **env(katan))
    assert ran.code == 4
    assert "the key in `ANTHROPIC_API_KEY` may not do this; nothing more was asked of it" in ran.err
    assert "any-key" not in ran.err + ran.out
    assert len(ran.lines("missing.jsonl")) == 3
