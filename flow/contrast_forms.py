"""Comparisons for machines: JSON, JUnit's XML, and the workflow commands of GitHub."""

from typing import Any
from xml.etree import ElementTree

from taskc.flow.contrast import Compared, Failed
from taskc.flow.findings import workflow_command
from taskc.records import lines
from taskc.records.contrast import Contrast

SUITE = "taskc compare"


def plain(compared: Compared) -> dict[str, Any]:
    """Give everything as plain values."""
    question = compared.question
    return {
        "level": compared.level,
        "adjusted": compared.adjusted,
        "comparisons": [lines.plain(one) for one in compared.contrasts],
        "conditions": [
            {
                "condition": condition.text,
                "sure": question.sure,
                "failed": [
                    compared.contrasts.index(one.contrast)
                    for one in compared.failed
                    if one.condition == condition
                ],
            }
            for condition in question.conditions
        ],
        "notes": list(compared.notes),
    }


def name(one: Contrast) -> str:
    """Name what is compared in one line: task, regime, levels, measure, model, and the sides."""
    levels = [f"{factor}={level}" for factor, level in one.levels.items()]
    part = "" if one.part == "all" else f"{one.part} items"
    pooled = together(one)
    about = [said for said in (one.task, one.regime, *levels, one.measure, one.model, pooled, part) if said]
    return f"{', '.join(about)}: {one.metric} of {one.second} against {one.first}"


def together(one: Contrast) -> str:
    """Say what was taken together: `2 tasks, 3 regimes`; nothing where nothing was."""
    words = {"task": "tasks", "regime": "regimes", "measure": "measures", "model": "models"}
    return ", ".join(f"{n} {words.get(name, f'levels of `{name}`')}" for name, n in one.pooled.items())


def told(one: Contrast) -> str:
    """Say in one line what came of a comparison."""
    known = one.low is not None and one.high is not None
    interval = f" [{one.low:+.3f}, {one.high:+.3f}]" if known else ""
    how = (
        f"{one.n} items paired, {one.up} up, {one.down} down"
        if one.paired
        else f"{one.n} and {one.others} items, none of them the same"
    )
    alone = f"; answered on one side only {one.only[0]} and {one.only[1]}" if any(one.only) else ""
    missing = f"; missing {one.missing[0]} and {one.missing[1]}" if any(one.missing) else ""
    return (
        f"{one.values[0]:.3f} to {one.values[1]:.3f}, {one.difference:+.3f}{interval}, "
        f"p {one.p:.3g}, adjusted {one.p_adjusted:.3g} ({one.test}); {how}{alone}{missing}"
    )


def said(failed: Failed, sure: float | None) -> str:
    """Say in one line which condition failed and how."""
    moved = f"{failed.contrast.metric} {failed.condition.move} {failed.moved:.4g}"
    known = failed.contrast.low is not None and failed.contrast.high is not None
    whole = f"so does the whole {100 * sure:g} % interval" if sure and known else "no interval is known"
    surely = f", and {whole}" if sure else ""
    return f"`{failed.condition.text}` holds: {moved}{surely}"


def junit(compared: Compared) -> str:
    """Write a test case a comparison, failed where a condition holds; JUnit's XML as CI servers read it."""
    sure = compared.question.sure
    suite = ElementTree.Element(
        "testsuite",
        name=SUITE,
        tests=str(len(compared.contrasts)),
        failures=str(len({name(one.contrast) for one in compared.failed})),
        errors="0",
        skipped="0",
    )
    for one in compared.contrasts:
        classname = ".".join(filter(None, ("taskc", one.task, one.regime, one.measure)))
        case = ElementTree.SubElement(suite, "testcase", classname=_valid(classname), name=_valid(name(one)))
        reasons = [said(failed, sure) for failed in compared.failed if failed.contrast is one]
        if reasons:
            failure = ElementTree.SubElement(case, "failure", message=_valid("; ".join(reasons)))
            failure.text = _valid("\n".join([*reasons, told(one)]))
        ElementTree.SubElement(case, "system-out").text = _valid(told(one))
    if compared.notes:
        ElementTree.SubElement(suite, "system-err").text = _valid("\n".join(compared.notes))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _valid(text: str) -> str:
    """Put a question mark for what XML 1.0 cannot hold."""
    return "".join(c if c in "\t\n\r" or (c >= " " and not _odd(ord(c))) else "?" for c in text)


def _odd(code: int) -> bool:
    return 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF)


def github(compared: Compared) -> str:
    """Write an error for each condition that holds, a warning for each note, and a notice with the rest."""
    sure = compared.question.sure
    out = [
        workflow_command("error", SUITE, f"{name(one.contrast)}: {said(one, sure)}\n{told(one.contrast)}")
        for one in compared.failed
    ]
    out += [workflow_command("warning", SUITE, note) for note in compared.notes]
    failing = {id(one.contrast) for one in compared.failed}
    fine = [one for one in compared.contrasts if id(one) not in failing]
    if fine:
        text = "\n".join(f"{name(one)}: {told(one)}" for one in fine)
        out.append(workflow_command("notice", SUITE, text))
    return "".join(line + "\n" for line in out)
