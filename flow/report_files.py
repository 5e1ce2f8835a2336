"""A report to its folder: the page, the figures, the tables, and all of it as JSON."""

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct

from taskc.analysis.sheet_figure import draw_sheet
from taskc.analysis.sheets import sheets
from taskc.analysis.unplaced import draw_unplaced
from taskc.flow.build_folder import BuildError
from taskc.flow.side_by_side import side_by_side
from taskc.pages.answers import answers
from taskc.pages.compared import compared
from taskc.pages.html import Figure, page
from taskc.pages.tables import as_csv, tables
from taskc.pages.text import text as as_text
from taskc.pages.words import summary
from taskc.records.lines import plain
from taskc.records.report import Report
from taskc.store import parquet
from taskc.store.atomic import write_atomically

__all__ = ["Written", "as_json", "as_text", "write_report"]

PAGE, DATA = "report.html", "report.json"


class Written(Struct, frozen=True, kw_only=True):
    """What was written: the folder, and its files by their names in it; `parquet` is whether tables are."""

    folder: Path
    files: tuple[str, ...]
    parquet: bool


def write_report(report: Report, out: Path, *, figures: bool = True, workers: int = 1) -> Written:
    """Write a report into a folder: `report.html`, `report.json`, `figures/`, `tables/`.

    At most `workers` processes draw, see `side_by_side`. Without `figures` no files are made of them; they
    are on the page all the same. Tables are Parquet files too where the extra `parquet` is there. Files of a
    report that was there before are replaced, or taken away; raises `BuildError` for a folder that holds
    something else.
    """
    before = _before(out)
    files: list[str] = []

    def put(name: str, content: bytes | str | Iterator[str]) -> None:
        write_atomically(out / name, content)
        files.append(name)

    planned = sheets(report)
    made = side_by_side(partial(draw_sheet, png=figures), planned, workers=workers, least=2)
    drawn = [Figure(sheet=sheet, drawn=one) for sheet, one in zip(planned, made, strict=True)]
    bars = draw_unplaced(report)
    put(PAGE, page(report, drawn, bars))
    if figures and bars is not None:
        put(f"figures/{bars.name}.svg", bars.svg)
        put(f"figures/{bars.name}.png", bars.png)
    for one in drawn if figures else ():
        put(f"figures/{one.sheet.name}.svg", one.drawn.svg)
        put(f"figures/{one.sheet.name}.png", one.drawn.png)
    columnar = parquet.can_write()
    for table in tables(report):
        put(f"tables/{table.name}.csv", as_csv(table))
        if columnar:
            parquet.write_table(out / f"tables/{table.name}.parquet", table.columns, table.rows)
            files.append(f"tables/{table.name}.parquet")
    files.append(DATA)
    write_atomically(out / DATA, as_json(report, tuple(files)))
    for name in before - set(files):
        with suppress(OSError):
            (out / name).unlink()
    return Written(folder=out, files=tuple(files), parquet=columnar)


def as_json(report: Report, files: tuple[str, ...] = ()) -> str:
    """Give all of a report as JSON, with its sentences, and the names of its files."""
    said = [plain(one) for one in summary(report)]
    whole = {
        "taskc": report.taskc,
        "files": files,
        "answers": [plain(one) for one in answers(report)],
        "summary": said,
        "compared": [_without_rows(plain(one)) for one in compared(report.comparisons)],
        **plain(report),
    }
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def _without_rows(group: dict[str, Any]) -> dict[str, Any]:
    """Leave the comparisons out of a group of them: they stand under `comparisons`."""
    return {name: value for name, value in group.items() if name != "contrasts"}


def _before(out: Path) -> set[str]:
    """Name the files of the report that is in a folder, inside it; raises `BuildError`."""
    if not out.exists():
        return set()
    if not out.is_dir():
        raise BuildError(f"`{out}` is a file, and a report is a folder", "name another with `-o`")
    if not any(out.iterdir()):
        return set()
    try:
        names = json.loads((out / DATA).read_text(encoding="utf-8"))["files"]
        inside = {name for name in names if isinstance(name, str) and _plain_name(name)}
    except (OSError, ValueError, KeyError, TypeError):
        raise BuildError(
            f"`{out}` holds something that is no report", "name another folder with `-o`"
        ) from None
    return inside


def _plain_name(name: str) -> bool:
    """Say whether a name is one that we give: a file at the top, of figures or of tables."""
    parts = Path(name).parts
    return parts in ((PAGE,), (DATA,)) or (
        len(parts) == 2
        and parts[0] in ("figures", "tables")
        and Path(name).suffix in (".svg", ".png", ".csv", ".parquet")
    )
