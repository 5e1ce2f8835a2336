"""`task.lark` to the tables that the reader works with. The only importer of lark; not used at run time.

The tables are kept in `tables.json`; after a change of the grammar `UPDATE_TABLES=1 pytest
tests/grammar/test_tables.py` writes them anew.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lark import Lark
from lark import Token as LarkToken
from lark.grammar import Rule
from lark.lexer import PatternStr
from lark.parsers.lalr_analysis import Shift

IGNORED = ("COMMENT", "SPACE")


class _KeepWrong:
    """Makes lark keep the terminals that no rule uses: those that name a mistake."""

    always_accept = ("OPEN_BLOCK", "OPEN_STRING", "QUOTED", "STRAY")

    def process(self, stream: Iterator[LarkToken]) -> Iterator[LarkToken]:
        """Change nothing."""
        return stream


def make_tables(grammar: str) -> str:
    """Make the tables of a grammar, as JSON: its words, its rules, and what to do in each state.

    A fixed word is its own kind. In a row a number from 0 on is the state to go to, and -1, -2, … is
    rule 0, 1, … to apply; a row goes by kinds of words and, as `<name>`, by what rules make.
    """
    lark = Lark(grammar, parser="lalr", lexer="basic", start="declaration", postlex=_KeepWrong())
    fixed = {t.name: t.pattern.value for t in lark.terminals if isinstance(t.pattern, PatternStr)}
    conf: Any = lark.parse_interactive().parser_state.parse_conf
    kinds = {t.name: fixed.get(t.name, t.name) for t in lark.terminals} | {"$END": "$END"}
    states = _number_states(conf)
    rules = {rule: -1 - i for i, rule in enumerate(lark.rules)}
    made = {
        "words": sorted(word for word in fixed.values() if word.isidentifier()),
        "patterns": _patterns(lark, fixed),
        "rules": [_rule(rule) for rule in lark.rules],
        "start": states[conf.start_state],
        "end": states[conf.end_state],
        "rows": [
            {
                kinds.get(name, f"<{name}>"): states[argument] if action is Shift else rules[argument]
                for name, (action, argument) in sorted(conf.states[state].items())
            }
            for state in states
        ],
    }
    parts = [f"{json.dumps(name)}:{_lines(value)}" for name, value in made.items()]
    return "{" + ",\n".join(parts) + "}\n"


def _number_states(conf: Any) -> dict[int, int]:
    """Number the states as they are met from the first on; lark's own numbers vary from run to run."""
    numbers = {conf.start_state: 0}
    waiting = [conf.start_state]
    for state in waiting:
        for _, (action, argument) in sorted(conf.states[state].items()):
            if action is Shift and argument not in numbers:
                numbers[argument] = len(numbers)
                waiting.append(argument)
    return numbers


def _lines(value: object) -> str:
    """Write JSON with an element of a list a line, so that differences can be read."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(_compact(element) for element in value) + "]"
    return _compact(value)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _patterns(lark: Lark, fixed: dict[str, str]) -> list[tuple[str, str]]:
    """List kinds with their patterns in the order to try them; keywords come as names and are left out.

    The kind of what is passed over is empty.
    """
    lexer: Any = lark.parser.lexer
    return [
        ("" if t.name in IGNORED else fixed.get(t.name, t.name), t.pattern.to_regexp())
        for t in lexer.lexer.terminals
        if not fixed.get(t.name, "").isidentifier()
    ]


def _rule(rule: Rule) -> tuple[str, str, list[str], list[int], bool]:
    """Take over one rule of lark's, with what it does to its parts; see `tables.Rule`."""
    name = rule.alias or rule.origin.name
    takes = [
        "drop"
        if symbol.is_term and getattr(symbol, "filter_out", False) and not rule.options.keep_all_tokens
        else "spread"
        if not symbol.is_term and symbol.name.startswith("_")
        else "add"
        for symbol in rule.expansion
    ]
    gaps = _gaps(rule.options.empty_indices) or [0] * (len(takes) + 1)
    inline = name.startswith("_")
    passes = inline and takes == ["spread"] and not any(gaps)
    return "" if inline else name, f"<{rule.origin.name}>", takes, gaps, passes


def _gaps(missing: Iterable[bool]) -> list[int]:
    """Count the optional parts that are missing before each part that is there, and after the last."""
    flags = "".join(str(int(flag)) for flag in missing)
    return [len(ones) for ones in flags.split("0")] if flags else []
