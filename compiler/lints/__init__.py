"""The lints: what moves scores and no reader of a task sees. One file each, its docstring its page.

LINTS is the shelf: rule -> lint. A lint finds, it never stops a build; `allow rule "reason"` in the
task or its file silences it there, and an `allow` that silences nothing is itself a finding.
"""

from collections.abc import Iterable, Mapping, Sequence

from taskc.compiler.gallery import Gallery
from taskc.compiler.limits import LimitError, Meter
from taskc.compiler.lints.ambiguous_exemplars import ambiguous_exemplars
from taskc.compiler.lints.ambiguous_extractor import ambiguous_extractor, mark_case, reads_options
from taskc.compiler.lints.answer_imbalance import answer_imbalance, has_options, mark_place
from taskc.compiler.lints.blank_at_join import blank_at_join, mark_blanks
from taskc.compiler.lints.context_overflow import context_overflow, mark_length
from taskc.compiler.lints.contradictory_items import contradictory_items
from taskc.compiler.lints.cot_before_format import cot_before_format
from taskc.compiler.lints.distractor_agrees import distractor_agrees, mark_agreement
from taskc.compiler.lints.duplicate_items import duplicate_items
from taskc.compiler.lints.leaked_answer import has_rivals, leaked_answer, mark_mentions
from taskc.compiler.lints.leaked_exemplar import leaked_exemplar
from taskc.compiler.lints.length_gives_away import length_gives_away, mark_lengths, varies
from taskc.compiler.lints.missing_canary import missing_canary
from taskc.compiler.lints.no_controls import mark_control, no_controls
from taskc.compiler.lints.no_distractor import no_distractor
from taskc.compiler.lints.one_label_exemplars import one_label_exemplars
from taskc.compiler.lints.option_is_prefix import mark_prefix, option_is_prefix, scores_options
from taskc.compiler.lints.shared_first_token import shared_first_token
from taskc.compiler.lints.single_braces import single_braces
from taskc.compiler.lints.stop_in_answer import has_stops, mark_stops, stop_in_answer
from taskc.compiler.lints.too_few_items import too_few_items
from taskc.compiler.lints.trailing_space import mark_trailing, trailing_space
from taskc.compiler.lints.twins import mark_question
from taskc.compiler.lints.unused_field import unused_field
from taskc.compiler.lints.unused_let import unused_let
from taskc.compiler.lints.unused_level import unused_level
from taskc.compiler.lints.view import Lint, Tools, View
from taskc.compiler.scene import ItemProblem
from taskc.compiler.survey import Column, survey
from taskc.dsl.diagnostic import Diagnostic, Severity, notice, similar, warning
from taskc.dsl.model import Allow, Program, Task

LINTS: dict[str, Lint] = {
    "ambiguous-exemplars": Lint(tell=ambiguous_exemplars),
    "ambiguous-extractor": Lint(
        tell=ambiguous_extractor,
        mark=mark_case,
        wanted=reads_options,
        able=lambda tools: tools.read is not None,
    ),
    "answer-imbalance": Lint(tell=answer_imbalance, mark=mark_place, code="I", wanted=has_options),
    "blank-at-join": Lint(tell=blank_at_join, mark=mark_blanks),
    "context-overflow": Lint(
        tell=context_overflow, mark=mark_length, code="I", able=lambda tools: bool(tools.models)
    ),
    "contradictory-items": Lint(tell=contradictory_items),
    "cot-before-format": Lint(tell=cot_before_format),
    "distractor-agrees": Lint(tell=distractor_agrees, mark=mark_agreement),
    "duplicate-items": Lint(tell=duplicate_items, mark=mark_question, code="q"),
    "leaked-answer": Lint(tell=leaked_answer, mark=mark_mentions, wanted=has_rivals),
    "leaked-exemplar": Lint(tell=leaked_exemplar),
    "length-gives-away": Lint(tell=length_gives_away, mark=mark_lengths, code="H", wanted=varies),
    "missing-canary": Lint(tell=missing_canary),
    "no-controls": Lint(tell=no_controls, mark=mark_control),
    "no-distractor": Lint(tell=no_distractor),
    "one-label-exemplars": Lint(tell=one_label_exemplars),
    "option-is-prefix": Lint(tell=option_is_prefix, mark=mark_prefix, wanted=scores_options),
    "shared-first-token": Lint(tell=shared_first_token, able=lambda tools: bool(tools.models)),
    "single-braces": Lint(tell=single_braces),
    "stop-in-answer": Lint(tell=stop_in_answer, mark=mark_stops, wanted=has_stops),
    "too-few-items": Lint(tell=too_few_items, able=lambda tools: tools.effect is not None),
    "trailing-space": Lint(tell=trailing_space, mark=mark_trailing),
    "unused-field": Lint(tell=unused_field),
    "unused-let": Lint(tell=unused_let),
    "unused-level": Lint(tell=unused_level),
}

# warnings of the checker that an `allow` silences too
ALLOWED_ELSEWHERE = ("regime-left-out",)


def lint(
    program: Program,
    found: Iterable[Diagnostic],
    tools: Tools,
    meter: Meter,
    gallery: Gallery | None = None,
) -> list[Diagnostic]:
    """Give `found`, what the checker found, and what the lints find, without what is allowed.

    A task whose items cannot all be shown is passed over: making its requests tells why. What is shown of
    items is hung in `gallery`, where requests are made of it.
    """
    kept = list(found)
    used: set[tuple[Allow, str]] = set()
    unseen: set[Allow] = set()
    for task in program.tasks:
        kept = [d for d in kept if not _silenced(d, task, used)]
        told = _of_task(task, program.tasks, tools, meter, gallery)
        kept += [d for d in told or () if not _allowed(d, task, used)]
        unseen |= set(task.allows if told is None else ())
    unseen |= {allow for task in program.tasks for allow in task.allows if _cannot_tell(allow, tools)}
    return list(dict.fromkeys([*kept, *_idle(program, used, unseen, tools)]))


def _cannot_tell(allow: Allow, tools: Tools) -> bool:
    """Say whether the lint that is allowed had nothing to look with: nobody named a model, say."""
    return allow.rule in LINTS and not LINTS[allow.rule].able(tools)


def _of_task(
    task: Task, tasks: Sequence[Task], tools: Tools, meter: Meter, gallery: Gallery | None
) -> list[Diagnostic] | None:
    """Run all lints over one task, each place and rule told once; None where its items cannot be shown."""
    columns = {
        rule: Column(mark=one.mark, code=one.code, wanted=one.wanted)
        for rule, one in LINTS.items()
        if one.mark is not None and one.able(tools)
    }
    try:
        looks = survey(task, columns, meter, tools.most, gallery)
        if not looks:
            return []
        view = View(task=task, tasks=tasks, looks=looks, tools=tools)
        told: dict[tuple[object, ...], Diagnostic] = {}
        if len(view.first) < len(task.asked):
            told[()] = _sampled(view)
        for one in LINTS.values():
            for d in one.tell(view):
                told.setdefault((d.rule, d.severity, d.primary), d)
        return list(told.values())
    except (ItemProblem, LimitError):
        return None


def _sampled(view: View) -> Diagnostic:
    """Tell that the lints looked at a share of the items only."""
    seen, asked = len(view.first), len(view.task.asked)
    told = f"lints looked at {seen:,} of {asked:,} items of task `{view.task.name}`, spread evenly"
    return notice(
        "items-sampled", told, view.task.span, help="`taskc check --all-items` looks at all of them"
    )


def _allowed(d: Diagnostic, task: Task, used: set[tuple[Allow, str]]) -> bool:
    for allow in task.allows:
        if allow.rule == d.rule:
            used.add((allow, task.name))
            return True
    return False


def _silenced(d: Diagnostic, task: Task, used: set[tuple[Allow, str]]) -> bool:
    """Say whether a warning of the checker is one about this task that it allows."""
    if d.severity is Severity.ERROR or d.rule not in ALLOWED_ELSEWHERE:
        return False
    about = [d.primary.span, *(label.span for label in d.others)]
    return task.span in about and _allowed(d, task, used)


def _idle(
    program: Program, used: set[tuple[Allow, str]], unseen: set[Allow], tools: Tools
) -> list[Diagnostic]:
    """Report every `allow` that names no rule, or silences nothing in any task that has it.

    Of the `unseen` nothing is known but the name of their rule.
    """
    known = [*LINTS, *ALLOWED_ELSEWHERE]
    stated: Mapping[Allow, None] = dict.fromkeys(allow for task in program.tasks for allow in task.allows)
    active = {allow for allow, _ in used}
    out = []
    for allow in stated:
        if allow.rule not in known:
            told, help = _unallowable(allow.rule, tools.weigh(allow.rule)) or (
                f"there is no rule `{allow.rule}` to allow",
                similar(allow.rule, known) or "`taskc explain` lists all rules, the lints first",
            )
            out.append(warning("unused-allow", told, allow.span, help=help))
        elif allow not in active and allow not in unseen:
            told = f"nothing here breaks the rule `{allow.rule}`"
            out.append(warning("unused-allow", told, allow.span, help="take it out"))
    return out


def _unallowable(rule: str, severity: str | None) -> tuple[str, str] | None:
    """Tell of a rule that is no lint, if it is a rule at all, that it cannot be allowed: problem and cure."""
    if severity is None:
        return None
    if severity == "error":
        return (
            f"`{rule}` is an error, and errors cannot be allowed",
            "take it out, and mend what the error tells",
        )
    return f"`{rule}` is no lint, and cannot be allowed", "take it out"


__all__ = ["ALLOWED_ELSEWHERE", "LINTS", "Lint", "Tools", "View", "lint"]
