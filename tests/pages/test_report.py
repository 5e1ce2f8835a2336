"""The page, the terminal, JSON and tables tell the same numbers, those of the rows and verdicts."""

import csv
import html
import json
import re
from pathlib import Path

import pytest
from made import HOSTILE, make_runs

from taskc.analysis.row import Row
from taskc.flow.curves import judge_curves
from taskc.flow.placed import against
from taskc.flow.points import Read
from taskc.flow.report import Wish, gather
from taskc.flow.report_files import as_json, as_text, write_report
from taskc.flow.run_curves import run_curves
from taskc.records.lines import load_all
from taskc.records.shown import human, percent


@pytest.fixture(scope="session")
def told(folder: Path) -> dict:
    return json.loads((folder / "report/report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def page(folder: Path) -> str:
    return (folder / "report/report.html").read_text(encoding="utf-8")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"report/tables/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def words(page: str) -> str:
    """Give what a page says as text."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


def test_page_terminal_and_json_say_the_same_sentences(folder: Path, told: dict, page: str) -> None:
    report = gather([folder / "runs"], Wish(against=against((), ())))
    terminal, shown = as_text(report), words(page)
    assert len(told["summary"]) == 2 * 2 * (2 + 1)  # measures × regimes × (families and all of them)
    for one in told["summary"]:
        assert one["text"] in terminal
        assert one["text"] in shown
        if one["sure"] is not None:
            assert f"{one['verdict']}, " in one["text"]
            assert f"{percent(one['probabilities'][one['verdict']])} % likely" in one["text"]
        turn = one["turning_point"]
        if turn:
            assert f"turns at {human(turn['scale'])} (90 % [{human(turn['low'])}, " in one["text"]


def test_verdicts_are_those_of_taskc_curves(folder: Path, told: dict) -> None:
    for part, rate in (
        ("conflict", "accuracy"),
        ("agree", "accuracy"),
        ("conflict", "lured"),
    ):
        curves = run_curves([folder / "runs"], against((), (), part=part, rate=rate)).curves
        mine = {
            (one["task"], one["family"], one["setting"]["regime"], one["setting"]["measure"]): one
            for one in told["trends"]
            if (one["part"], one["rate"]) == (part, rate)
        }
        judged = judge_curves(Read(curves=curves)).judged
        assert len(judged) == len(mine)
        for one in judged:
            regime, measure = one.curve.regime.split(", ")[:2]
            same = mine[one.curve.task, one.curve.family, regime, measure]
            assert same["verdict"] == one.verdict
            assert same["probabilities"] == dict(one.probabilities)
            assert [dot["value"] for dot in same["dots"]] == [point.value for point in one.curve.points]


def test_numbers_are_those_of_the_rows(folder: Path, told: dict, page: str) -> None:
    """Of every row: accuracy and interval in JSON, in the table, and on the page."""
    rows = []
    for path in sorted((folder / "runs").glob("*/rows.jsonl")):
        with path.open("rb") as file:
            rows += load_all(Row, file)
    mine = {(one["model"], one["setting"]["regime"], one["setting"]["measure"]): one for one in told["rows"]}
    lines = {(one["model"], one["regime"], one["measure"], one["part"]): one for one in table(folder, "rows")}
    shown = words(page)
    assert len(rows) == len(mine) == 2 * 2 * 10
    for row in rows:
        key = (row.model, row.regime, row.measure)
        rate = row.conflict.accuracy
        assert rate is not None
        same = mine[key]["conflict"]["accuracy"]
        assert (same["value"], same["low"], same["high"], same["n"]) == (
            rate.value,
            rate.low,
            rate.high,
            rate.n,
        )
        line = lines[(*key, "conflict")]
        assert (float(line["accuracy"]), float(line["accuracy_low"])) == (rate.value, rate.low)
        assert f"{percent(rate.value)} [{100 * rate.low:.0f}, {100 * rate.high:.0f}]" in shown
    assert sum(float(one["share"]) for one in table(folder, "shares")) == pytest.approx(3 * len(rows))


def test_tables_tell_what_json_tells(folder: Path, told: dict) -> None:
    curves = table(folder, "curves")
    assert [one["verdict"] for one in curves] == [one["verdict"] for one in told["trends"]]
    assert [float(one["p_inverse"]) for one in curves] == [
        one["probabilities"]["inverse"] for one in told["trends"]
    ]
    points = table(folder, "points")
    dots = [dot for one in told["trends"] for dot in one["dots"]]
    assert [(float(p["scale"]), float(p["value"]), float(p["high"])) for p in points] == [
        (dot["scale"], dot["value"], dot["high"]) for dot in dots
    ]
    bands = [(at["scale"], at["low"]) for one in told["trends"] for at in one["fitted"]]
    assert [(float(one["scale"]), float(one["low"])) for one in table(folder, "bands")] == bands
    assert len(bands) == 2 * 2 * 2 * 5  # measures, regimes, families and sizes
    made = [*told["comparisons"]["regimes"], *told["comparisons"]["models"]]
    assert [(float(one["difference"]), float(one["p_adjusted"])) for one in table(folder, "comparisons")] == [
        (one["difference"], one["p_adjusted"]) for one in made
    ]
    items = table(folder, "items")
    assert [(one["item"], float(one["right"])) for one in items] == [
        (one["item"], one["right"]) for one in told["items"]
    ]
    assert len(items) == 60 * 4
    assert [one["verdict"] for one in table(folder, "families")] == [one["verdict"] for one in told["shared"]]


def test_points_can_be_judged_again(folder: Path, told: dict, tmp_path: Path) -> None:
    """The table of points, one part and rate of it, is one that `taskc curves --points` reads."""
    from taskc.flow.curves import judge_curves
    from taskc.flow.points import read_points

    some = [
        one | {"regime": f"{one['regime']}, {one['measure']}"}
        for one in table(folder, "points")
        if (one["part"], one["rate"]) == ("conflict", "accuracy")
    ]
    with (tmp_path / "p.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, some[0])
        writer.writeheader()
        writer.writerows(some)
    judged = judge_curves(read_points(tmp_path / "p.csv")).judged
    main = [one["verdict"] for one in told["trends"] if one["main"]]
    assert sorted(one.verdict for one in judged) == sorted(main)


def test_what_others_wrote_is_text_and_the_page_asks_for_nothing(page: str) -> None:
    assert html.escape(HOSTILE, quote=False) in page or html.escape(HOSTILE) in page
    assert "<script" not in page and "<img" not in page and "</pre>no" not in page
    assert "default-src 'none'" in page
    tags = "".join(re.findall(r"<[^>]*>", page))
    assert not re.findall(r"""\b(?:src|srcset|href|action|poster)\s*=\s*["']?(?!#)[^"'\s>]+""", tags)
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", page)
    assert "@import" not in page


def test_ids_stand_once_and_what_is_referred_to_is_there(page: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r"url\(#([\w-]+)\)", page))
    assert used <= set(ids)


def test_the_same_runs_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    report = gather([folder / "runs"], Wish(against=against((), ())))
    again = write_report(report, tmp_path / "again")
    for name in again.files:
        assert (tmp_path / "again" / name).read_bytes() == (folder / "report" / name).read_bytes(), name
    assert as_json(report, again.files) == (folder / "report/report.json").read_text(encoding="utf-8")


def test_items_have_their_prompts_and_replies(told: dict) -> None:
    shown = told["exhibits"]
    assert {one["why"] for one in shown} >= {"lured"}
    assert len({(one["line"]["task"], one["line"]["item"]) for one in shown}) == len(shown)
    for one in shown:
        assert HOSTILE in one["prompt"][-1]["content"]
        assert len(one["told"]) == one["line"]["models"] == 10
        sizes = [answer["scale"] for answer in one["told"]]
        assert sizes == sorted(sizes)
        right = [answer["correct"] for answer in one["told"]]
        assert sum(right) / len(right) == pytest.approx(one["line"]["right"])
        assert all(answer["text"] or answer["scores"] for answer in one["told"])
    assert told["notes"] == []


def test_a_build_that_is_gone_is_said_and_nothing_is_invented(tmp_path: Path) -> None:
    runs = make_runs(tmp_path, ladders=("pythia",), n=12)
    (tmp_path / "build/requests.jsonl").unlink()
    report = gather([runs], Wish(against=against((), ())))
    assert report.exhibits and not any(one.prompt for one in report.exhibits)
    assert report.builds == ()
    assert any("the build that it asked has changed or is gone" in note for note in report.notes)
    assert "the build that it asked has changed" in as_text(report)
