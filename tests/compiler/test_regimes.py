"""What the settings of a regime may be: from the least to the most, and nothing past them."""

from pathlib import Path

import pytest

from taskc.flow.understand import understand

TASK = """
task t {{
  item {{ q: text, a: text }}
  items [ {{ q: "One?", a: "1" }}, {{ q: "Two?", a: "2" }} ]
  true_task "Answer." -> a
  prompt "{{{{ q }}}}"
  reply "{{{{ answer }}}}"
  regimes {{
    zero_shot {{ {setting} }}
  }}
}}
"""


def told(folder: Path, setting: str) -> list[str]:
    """Give what is said of a setting's value."""
    (folder / "main.task").write_text(TASK.format(setting=setting), encoding="utf-8")
    return [d.message for d in understand([str(folder / "main.task")]).found if d.rule == "bad-value"]


@pytest.mark.parametrize(
    ("setting", "least", "below", "most", "above"),
    [
        ("shots", "0", "-1", "1000", "1001"),
        ("samples", "1", "0", "10000", "10001"),
        ("temperature", "0", "-0.1", "5", "5.1"),
        ("top_p", "0.0001", "0.00009", "1", "1.01"),
        ("max_tokens", "1", "0", "1000000", "1000001"),
    ],
)
def test_bounds(tmp_path: Path, setting: str, least: str, below: str, most: str, above: str) -> None:
    for value in (least, most):
        assert told(tmp_path, f"{setting} {value}") == []
    for value in (below, above, "true", '"1"'):
        [said] = told(tmp_path, f"{setting} {value}")
        assert said.startswith(f"`{setting}` is a ") and said.replace(",", "").endswith(f"to {most}")


@pytest.mark.parametrize("setting", ["shots", "samples", "max_tokens"])
def test_counts_are_whole(tmp_path: Path, setting: str) -> None:
    [said] = told(tmp_path, f"{setting} 1.5")
    assert said.startswith(f"`{setting}` is a whole number from ")


def test_stops_are_texts_that_hold_something(tmp_path: Path) -> None:
    for value in (r'"\n"', r'["\n", "."]'):
        assert told(tmp_path, f"stop {value}") == []
    for value in ('""', '["a", ""]', "[]", "3", '["a", 3]'):
        assert told(tmp_path, f"stop {value}") == ["`stop` is a text or a list of texts, none of them empty"]
