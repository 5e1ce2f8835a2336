"""What commands print: findings, a build in a line, a prompt in its parts. Standard error for people."""

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from taskc.dsl.diagnostic import Diagnostic, count_errors

if TYPE_CHECKING:
    from taskc.compiler.expand import Rendered
    from taskc.compiler.render import Turn
    from taskc.flow.build import Built, Understood


def coloured(stream: TextIO) -> bool:
    """Say whether to write colours: on a terminal, unless `NO_COLOR`; anywhere with `FORCE_COLOR`."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


# what steers a terminal, hides or turns round what stands beside it, or is no character at all
_ODD = "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
_UNSAFE, _UNSAFE_STYLED = re.compile(_ODD), re.compile(rf"\x1b\[[0-9;]*m|{_ODD}")


def echo(text: object = "", *, err: bool = False, nl: bool = True, styled: bool = False) -> None:
    """Write text that may hold what files and servers say, so that none of it steers the terminal.

    Lines and tabs stay, and, where it is `styled`, colours. One character stands for each that is taken out.
    """
    styled = styled and coloured(sys.stderr if err else sys.stdout)
    safe = (_UNSAFE_STYLED if styled else _UNSAFE).sub(_harmless, str(text))
    click.echo(safe, err=err, nl=nl, color=True if styled else None)


def echo_json(value: Any) -> None:
    """Write a value as JSON, with the characters escaped that steer a terminal; it reads back as it was."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    click.echo(_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def one_line(text: str) -> str:
    """Give a name as it can stand within a line: without line ends and tabs, which `echo` leaves."""
    return re.sub(r"[\t\n]", _harmless, text)


def _harmless(match: "re.Match[str]") -> str:
    """Give the picture of a control character, or what stands for an unknown one; a colour as it is."""
    found = match[0]
    code = ord(found[0])
    if len(found) > 1:
        return found
    return (
        chr(0x2400 + code)
        if code < 0x20
        else "\N{SYMBOL FOR DELETE}"
        if code == 0x7F
        else "\N{REPLACEMENT CHARACTER}"
    )


def print_findings(understood: "Understood", *, quiet: bool = False) -> None:
    """Draw every finding on standard error, say where there is more about them, and count errors."""
    from taskc.cli.findings import draw, hint

    found = understood.found
    draw(understood)
    if found and not quiet:
        click.echo(hint(found), err=True)
    errors = count_errors(found)
    if errors:
        click.echo(f"{_count(errors, 'error')}; nothing was written", err=True)


def build_line(built: "Built", output: str) -> str:
    """Say in one line what a build holds, and what of it was there before."""
    manifest = built.manifest
    assert manifest is not None
    regimes = len({regime for task in manifest.tasks for regime in task.regimes})
    items = sum(task.asked for task in manifest.tasks)
    return (
        f"{_count(len(manifest.tasks), 'task')}, {_count(items, 'item')}, {_count(regimes, 'regime')}, "
        f"{_count(manifest.requests, 'request')} → {output}{_kept(built)}"
    )


def _kept(built: "Built") -> str:
    if built.up_to_date:
        return ", up to date"
    return f", {_count(built.kept, 'task')} as before" if built.kept else ""


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def build_json(built: "Built", *, traced: bool = False) -> str:
    """Give the manifest (null after errors), all findings, and what is not as locked as one JSON object."""
    from taskc.records import lines

    sources = built.understood.sources
    return json.dumps(
        {
            "manifest": lines.plain(built.manifest) if built.manifest else None,
            "findings": [_finding(d, sources) for d in built.understood.found],
            "up_to_date": built.up_to_date,
            "drift": [lines.plain(difference) for difference in built.drift],
            "requests": [_shown(one, built.understood if traced else None) for one in built.shown],
        },
        ensure_ascii=False,
    )


def _finding(d: Diagnostic, sources: Any) -> dict[str, Any]:
    return {
        "rule": d.rule,
        "severity": d.severity.value,
        "message": d.message,
        "help": d.help,
        **_place(d.primary, sources),
        "others": [_place(other, sources) for other in d.others],
    }


def _place(label: Any, sources: Any) -> dict[str, Any]:
    span = label.span
    place: dict[str, Any] = {"path": span.file, "start": span.start, "end": span.end, "note": label.text}
    if span.file in sources:
        place["line"], place["column"] = sources[span.file].position(span.start)
    return place


def _shown(one: "Rendered", understood: "Understood | None") -> dict[str, Any]:
    from taskc.records import lines

    if understood is not None:
        from taskc.flow.trace import trace, trace_begun

        return {
            "request": lines.plain(one.request),
            "turns": lines.plain(trace(one, understood)),
            "begun": lines.plain(trace_begun(one, understood)),
        }

    parts = [
        {"role": turn.role, "parts": [{"origin": p.origin, "text": p.text} for p in turn.parts]}
        for turn in one.turns
    ]
    return {"request": lines.plain(one.request), "turns": parts}


# --- one prompt in its parts ----------------------------------------------------------------------

_STYLES = {"system": "magenta", "regime": "blue", "item": "green", "lead-in": "yellow"}


def rendered(one: "Rendered", *, colour: bool, understood: "Understood | None" = None) -> str:
    """Draw a request: each line of each message behind the name of the part it comes from.

    With what was `understood`, each stretch stands behind the place where it was written.
    """
    request = one.request
    width = max([len(part.origin) for turn in one.turns for part in turn.parts] + [len("lead-in")])
    head = [
        f"task {request.task}",
        f"item {request.item}",
        f"regime {request.regime}",
        *(f"{name} {level}" for name, level in request.levels.items()),
        f"measure {request.measure}",
        *([f"stage {request.stage}"] if request.stage != "answer" else []),
    ]
    out = [" · ".join(head), f"id {request.id}" + (f", after {request.after}" if request.after else ""), ""]
    if understood is not None:
        out.append(_traced(one, understood, colour))
    for turn in one.turns if understood is None else ():
        out += [_bold(turn.role, colour), *_turn(turn, width, colour), ""]
    begun = request.think + ("⟨the reasoning⟩" if request.after else "") + request.lead_in
    if begun and understood is None:
        out += [_bold("assistant, begun", colour), *_lines("lead-in", begun, width, colour), ""]
    if request.measure != "reply" and request.stage != "think":
        said = ", ".join(json.dumps(option.continuation, ensure_ascii=False) for option in request.options)
        out.append(f"scored: {said}")
    said = ", ".join(
        f"{who} says {json.dumps(what, ensure_ascii=False)}" for who, what in request.predictions.items()
    )
    return "\n".join([*out, said])


def _traced(one: "Rendered", understood: "Understood", colour: bool) -> str:
    from taskc.cli.traces import drawn
    from taskc.flow.trace import trace, trace_begun

    begun = trace_begun(one, understood)
    return drawn((*trace(one, understood), *([begun] if begun else [])), colour=colour)


def _bold(text: str, colour: bool) -> str:
    return click.style(text, bold=True) if colour else text


def _turn(turn: "Turn", width: int, colour: bool) -> list[str]:
    out: list[str] = []
    gap = True  # whether the next part begins a line of the message
    for part in turn.parts:
        if part.origin == " ":
            gap = part.text.endswith("\n")
            out += ["" + " " * width + " │"] * (part.text.count("\n") - 1)
            continue
        out += _lines(part.origin, part.text, width, colour, joined=not gap)
        gap = part.text.endswith("\n")
    return out


def _lines(origin: str, text: str, width: int, colour: bool, *, joined: bool = False) -> list[str]:
    from taskc.grammar.show import visible

    text = "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))
    style = _STYLES.get(origin, "cyan")
    name = click.style(origin.rjust(width), fg=style) if colour else origin.rjust(width)
    return [
        f"{name} {'⤷' if joined and index == 0 else '│'} {line}"
        for index, line in enumerate(text.split("\n"))
    ]
