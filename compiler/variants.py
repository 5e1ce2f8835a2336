"""Regimes times cells: for each, what is stated once everything is laid upon everything else."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from taskc.compiler import regimes as regime_book
from taskc.compiler.design import cells, count
from taskc.compiler.desk import WELL_KNOWN, Desk
from taskc.compiler.expressions import Scope, ready
from taskc.compiler.levels import check_levels
from taskc.compiler.limits import CELLS
from taskc.compiler.merge import LEVEL, check_body, choose, every, last, merge, template_of
from taskc.compiler.resolve import Job
from taskc.compiler.stated import Levels, distractors_of, measures_of, options_of
from taskc.compiler.templates import template, template_names
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, Label, count_errors, error, similar, warning
from taskc.dsl.model import Factor, FieldType, Item, Variant

_SEEN = 200  # cells that are looked at even when mistakes have been found


def variants(
    job: Job,
    fields: Mapping[str, FieldType],
    items: Sequence[Item] | None,
    factors: tuple[Factor, ...],
    levels: Levels,
    design: str,
    desk: Desk,
) -> tuple[Variant, ...]:
    """Settle every regime in every cell.

    `items` None means they are not known; what needs them is then not asked.
    """
    stated = job.regimes or last(job.body, syntax.Regimes)
    uses = stated.uses if stated else ()
    if not uses:
        desk.found.append(
            error(
                "missing-statement",
                f"task `{job.name}` states no `regimes`",
                job.span,
                help="add `regimes zero_shot`, or another of "
                + ", ".join(f"`{name}`" for name in job.names.regimes),
            )
        )
        _check_own_texts(job, fields, factors, desk)
        return ()
    if count(factors, design) > CELLS:
        desk.found.append(
            error(
                "too-many-cells",
                f"the factors make {count(factors, design):,} cells, and {CELLS:,} is the most",
                job.span,
                help="write `design one_at_a_time`, or vary less",
            )
        )
        return ()
    made: list[Variant] = []
    seen: dict[str, syntax.Use] = {}
    for use in uses:
        name = use.name.text
        if name in seen:
            desk.found.append(
                error(
                    "duplicate-name",
                    f"two regimes have the name `{name}`",
                    use.name.span,
                    others=[Label(span=seen[name].name.span, text="the first one")],
                    help=f"declare one under its own name: `regime {name}_2 extends {name} {{ … }}`",
                )
            )
            continue
        seen[name] = use
        body = regime_book.used(use, job.names.regimes, desk.found)
        if body is None:
            _without_regime(job, use, fields, factors, levels, desk)
        elif _has_rationale(job, use, body, items, stated, desk):
            made += _in_cells(job, use, body, fields, factors, levels, design, items, desk)
    if not made and items is not None and not count_errors(desk.found):
        desk.found.append(
            error("no-regimes", f"no regime of task `{job.name}` can be compiled", uses[0].span)
        )
    _unique(desk.found)
    return tuple(made)


def _check_own_texts(
    job: Job, fields: Mapping[str, FieldType], factors: tuple[Factor, ...], desk: Desk
) -> None:
    """Without a regime, still tell what else is missing or wrong in the task's own prompt and reply."""
    lets = frozenset(let.name.text for let in every(job.body, syntax.Let))
    scope = _scope(job, fields, lets, factors, desk.found)
    _texts(job, job.body, scope, last(job.body, syntax.Options) is not None, desk.found)


def _without_regime(
    job: Job,
    use: syntax.Use,
    fields: Mapping[str, FieldType],
    factors: tuple[Factor, ...],
    levels: Levels,
    desk: Desk,
) -> None:
    """Where a regime is not known, still check what the task states itself."""
    since = len(desk.found)
    _in_cells(job, use, (), fields, factors, levels, "one_at_a_time", None, desk)
    desk.found[since:] = [d for d in desk.found[since:] if d.rule != "missing-statement"]


def _unique(found: list[Diagnostic]) -> None:
    """Tell each mistake once, however many cells and regimes meet it."""
    found[:] = dict.fromkeys(found)


def _without_rationale(body: tuple[syntax.Statement, ...], items: Sequence[Item] | None) -> int:
    """Count the items with a rationale neither by template nor in their row; none if items are not known."""
    if template_of(body, "rationale") is not None:
        return 0
    return sum("rationale" not in item.values for item in items or ())


def _has_rationale(
    job: Job,
    use: syntax.Use,
    body: tuple[syntax.Statement, ...],
    items: Sequence[Item] | None,
    stated: syntax.Regimes | None,
    desk: Desk,
) -> bool:
    """Ask for rationales where a regime needs them.

    A regime that a task names itself and cannot have is an error. One that a subtask or child merely
    inherits is left out with a warning: a parent's list says what is to be tried where it can be.
    """
    if not any(need.name.text == "rationale" for need in every(body, syntax.Needs)):
        for need in every(body, syntax.Needs):
            desk.found.append(
                error(
                    "unknown-word",
                    f"a regime cannot need `{need.name.text}`",
                    need.name.span,
                    help="it can need `rationale`",
                )
            )
        return True
    lacking = _without_rationale(merge(job.body, body), items)
    if not lacking or items is None:
        return True
    told = f"regime `{use.name.text}` needs a rationale, and " + (
        f"task `{job.name}` has none"
        if lacking == len(items)
        else f"{lacking} of {len(items)} items of task `{job.name}` have none"
    )
    cure = 'give items a `rationale`, or state a `rationale """…"""` template'
    others = [Label(span=job.span, text="this task")] if use.span.file == job.span.file else []
    if job.regimes is not None or stated in job.inherited:
        desk.found.append(
            warning("regime-left-out", told + ", so it is left out", use.span, help=cure, others=others)
        )
        return False
    desk.found.append(error("needs-rationale", told, use.span, help=cure, others=others))
    return False


def _in_cells(
    job: Job,
    use: syntax.Use,
    regime_body: tuple[syntax.Statement, ...],
    fields: Mapping[str, FieldType],
    factors: tuple[Factor, ...],
    levels: Levels,
    design: str,
    items: Sequence[Item] | None,
    desk: Desk,
) -> list[Variant]:
    bodies = {key: check_body(level.body or (), LEVEL, desk.found) for key, level in levels.items()}
    all_lets = {
        let.name.text for body in (job.body, regime_body, *bodies.values()) for let in every(body, syntax.Let)
    }
    out = []
    before = count_errors(desk.found)
    for number, cell in enumerate(cells(factors, design)):
        if number >= _SEEN and count_errors(desk.found) > before:
            break  # what is wrong in so many cells is told, and more of them would repeat it
        body = merge(job.body, regime_body)
        for pair in cell.items():
            body = merge(body, bodies[pair])
        made = _variant(job, use, body, cell, factors, levels, fields, frozenset(all_lets), desk)
        if made is not None and made.regime.shots and made.then is not None:
            made = made if _can_reason(job, use, body, items, desk) else None
        if made is not None:
            _check_exemplars(last(body, syntax.Exemplars), items, desk)
            out.append(made)
    return out


def _variant(
    job: Job,
    use: syntax.Use,
    body: tuple[syntax.Statement, ...],
    cell: dict[str, str],
    factors: tuple[Factor, ...],
    levels: Levels,
    fields: Mapping[str, FieldType],
    lets: frozenset[str],
    desk: Desk,
) -> Variant | None:
    found = desk.found
    before = count_errors(found)
    scope = _scope(job, fields, lets, factors, found)
    options = options_of(body, cell, levels, scope, found)
    texts = _texts(job, body, scope, options is not None, found)
    true_task = last(body, syntax.TrueTask)
    for let in every(body, syntax.Let):
        ready(let.value, scope, found)
    if true_task is not None:
        ready(true_task.answer, scope, found)
    distractors = distractors_of(body, scope, found)
    measures = measures_of(body, options is not None, found)
    if options is not None and options.style == "verbatim":
        _refuse_labels(last(body, syntax.Measure), found)
    regime = regime_book.regime(use.name.text, body, found)
    if regime.exemplars.where is not None:
        ready(regime.exemplars.where, scope, found)
    if count_errors(found) > before or true_task is None:
        return None
    return Variant(
        regime=regime,
        levels=cell,
        lets=tuple((let.name.text, let.value) for let in every(body, syntax.Let)),
        prompt=_prompt(body),
        true_task=true_task.answer,
        distractors=distractors,
        options=options,
        measures=measures,
        span=use.span,
        statements=body,
        **texts,
    )


def _refuse_labels(stated: syntax.Measure | None, found: list[Diagnostic]) -> None:
    """Tell that options given verbatim have no labels to measure."""
    for use in stated.uses if stated else ():
        if use.name.text == "label":
            found.append(
                error(
                    "no-labels",
                    "measure `label` needs labels, and these options have none",
                    use.name.span,
                    help="write `options … as letters`, or measure `choice`",
                )
            )


def _can_reason(
    job: Job,
    use: syntax.Use,
    body: tuple[syntax.Statement, ...],
    items: Sequence[Item] | None,
    desk: Desk,
) -> bool:
    """Ask for rationales where a two-stage regime shows exemplars, which then have to reason too."""
    if not _without_rationale(body, items):
        return True
    desk.found.append(
        error(
            "needs-rationale",
            f"regime `{use.name.text}` shows exemplars that reason, and not every item of task "
            f"`{job.name}` has a rationale",
            use.span,
            help="write `shots 0`, or give every item a `rationale`",
        )
    )
    return False


def _scope(
    job: Job,
    fields: Mapping[str, FieldType],
    lets: frozenset[str],
    factors: tuple[Factor, ...],
    found: list[Diagnostic],
) -> Scope:
    for let in every(job.body, syntax.Let):
        if let.name.text in fields:
            found.append(
                error(
                    "duplicate-name",
                    f"`{let.name.text}` is a field of the item already",
                    let.name.span,
                    help="give the value another name",
                )
            )
    for vary in every(job.body, syntax.Vary):
        if vary.factor.text in fields:
            found.append(
                error(
                    "duplicate-name",
                    f"factor `{vary.factor.text}` has the name of a field",
                    vary.factor.span,
                    help="give the factor another name",
                )
            )
    return Scope(
        names=frozenset([*fields, *WELL_KNOWN, *job.names.lets, *lets]),
        factors={factor.name: factor.levels for factor in factors},
    )


def _texts(
    job: Job, body: tuple[syntax.Statement, ...], scope: Scope, has_options: bool, found: list[Diagnostic]
) -> dict[str, Any]:
    """Check all templates; what each may use depends on where it stands."""
    item = scope.known() | ({"options"} if has_options else set())
    said = item | {"answer", "rationale"}
    names = ("reply", "think", "then", "instruct", "rationale")
    texts = {name: template_of(body, name) for name in names}
    prompt = last(body, syntax.Prompt)
    if prompt is None:
        found.append(
            error(
                "missing-statement",
                f"task `{job.name}` states no `prompt`",
                job.span,
                help='add `prompt """…"""` with the text of one item, without its answer',
            )
        )
    else:
        _check_prompt(prompt, item, scope.factors, has_options, found)
    if texts["reply"] is None:
        found.append(
            error(
                "missing-statement",
                f"task `{job.name}` states no `reply`",
                job.span,
                help='add `reply "Answer: {{ answer }}"`: how a reply carries the answer',
            )
        )
    _check_answer(texts, found)
    for name, text in texts.items():
        if text is not None and check_levels(text, scope.factors, found):
            template(text, said if name in ("reply", "then", "rationale") else item, found)
    if (texts["think"] is None) != (texts["then"] is None):
        there = texts["think"] or texts["then"]
        assert there is not None
        found.append(
            error(
                "missing-statement",
                "`think` and `then` belong together",
                there.span,
                help="a two-stage regime reasons (`think`), then concludes (`then`)",
            )
        )
    return texts


def _check_answer(texts: Mapping[str, syntax.Text | None], found: list[Diagnostic]) -> None:
    for name in ("reply", "then"):
        text = texts[name]
        if text is not None and "answer" not in template_names(text):
            found.append(
                error(
                    "no-answer",
                    f"`{name}` does not say where the answer goes",
                    text.span,
                    help="write `{{ answer }}` where a reply carries it",
                )
            )


def _check_prompt(
    prompt: syntax.Prompt,
    names: Iterable[str],
    factors: Mapping[str, tuple[str, ...]],
    has_options: bool,
    found: list[Diagnostic],
) -> None:
    for message in prompt.messages:
        choose(message.role, ("system", "user", "assistant"), "role", found)
        if not check_levels(message.text, factors, found):
            continue
        before = len(found)
        template(message.text, names, found)
        if len(found) > before and not has_options and "options" in template_names(message.text):
            found[-1] = error(
                "unknown-name",
                "this task has no options to print",
                found[-1].primary.span,
                help="state `options E as letters`",
            )
    roles = [message.role for message in prompt.messages]
    if not roles or roles[-1].text in ("system", "assistant"):
        found.append(
            error(
                "bad-prompt",
                "a prompt ends with what the user says",
                roles[-1].span if roles else prompt.span,
                help='add `user "…"`; how the reply begins is said by `reply`',
            )
        )
    for role in roles[1:]:
        if role.text == "system":
            found.append(
                error(
                    "bad-prompt",
                    "the system message comes first, and only once",
                    role.span,
                    help="put it before all others",
                )
            )


def _prompt(body: tuple[syntax.Statement, ...]) -> Any:
    prompt = last(body, syntax.Prompt)
    return tuple((message.role.text, message.text) for message in prompt.messages) if prompt else ()


def _check_exemplars(stated: syntax.Exemplars | None, items: Sequence[Item] | None, desk: Desk) -> None:
    """Check that the ids of exemplars exist; whether there are enough is known when they are drawn."""
    if stated is None or stated.ids is None or items is None:
        return
    ids = regime_book.ids_of(stated.ids, [])
    known = {item.id for item in items if item.id in ids}
    before: set[str] = set()
    for element, id in zip(stated.ids.elements, ids, strict=False):
        if id not in known:
            cure = similar(id, (item.id for item in items))
            desk.found.append(error("unknown-item", f"no item has the id `{id}`", element.span, help=cure))
        if id in before:
            told = f"item `{id}` is listed twice"
            desk.found.append(error("stated-twice", told, element.span, help="keep one of them"))
        before.add(id)
