"""Hypothesis strategies for everything an author can write: one for each class of the syntax tree."""

from hypothesis import strategies as st

from taskc.dsl import syntax as s
from taskc.dsl.span import Span
from taskc.grammar.words import FORMS, RESERVED

HERE = Span(file="generated", start=0, end=0)

_KEYWORDS = sorted(
    {*FORMS, *RESERVED, "where", "with", "when", "as", "null", "None", "of", "balanced", "keep"}
)
_SHORT = st.sampled_from(["a", "b", "answer", "trap", "question", "few_shot", "ünïcode", "名前", "_", "x1"])


def _make(cls, **parts):
    """Build nodes that stand nowhere."""
    return st.builds(cls, span=st.just(HERE), **parts)


def _some(of, low=0, high=3):
    return st.lists(of, min_size=low, max_size=high).map(tuple)


def _maybe(of):
    return st.none() | of


def words(*among):
    """Words: of the given ones, or names of any kind, keywords too."""
    return _make(s.Word, text=st.sampled_from(among) if among else names())


def names():
    """Any name: a few common ones, keywords, and what else a name can be."""
    return _SHORT | st.sampled_from(_KEYWORDS) | st.from_regex(r"[^\W\d]\w{0,5}", fullmatch=True)


_LINES = st.lists(
    st.sampled_from(
        ["", "a line", "  indented", "\ttab", "ends in blank ", "   ", '"quoted"', "{{ answer }}", "\\n"]
    ),
    max_size=5,
).map("\n".join)


def texts():
    """Texts: lines that want to be a block, and any characters at all."""
    return _make(s.Text, value=_LINES | st.text(max_size=12))


# --- expressions --------------------------------------------------------------------------------

NUMBERS = st.integers(0, 10**20) | st.floats(0, allow_nan=False, allow_infinity=False)


def literals():
    """Numbers that are not negative, and truth values."""
    return _make(s.Literal, value=NUMBERS | st.booleans())


def variables():
    """Names used for their values."""
    return _make(s.Name, id=names().filter(lambda name: name not in RESERVED))


def named(values):
    """`name = value`."""
    return _make(s.Named, name=words(), value=values)


def lists(of):
    """`[a, b]`."""
    return _make(s.ListOf, elements=_some(of))


def _compares(of):
    operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not-in"])
    return st.integers(1, 2).flatmap(
        lambda n: _make(s.Compare, operators=_some(operators, n, n), operands=_some(of, n + 1, n + 1))
    )


def _calls(of):
    function = _make(s.Word, text=names().filter(lambda name: name not in RESERVED))
    return _make(s.Call, function=function, arguments=_some(of), named=_some(named(of), 0, 2))


BRANCHES = {
    s.ListOf: lists,
    s.Index: lambda of: _make(s.Index, value=of, index=of),
    s.Call: _calls,
    s.Unary: lambda of: _make(s.Unary, operator=st.sampled_from(["-", "+", "not"]), operand=of),
    s.Binary: lambda of: _make(
        s.Binary, operator=st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), left=of, right=of
    ),
    s.Compare: _compares,
    s.Logic: lambda of: _make(s.Logic, operator=st.sampled_from(["and", "or"]), left=of, right=of),
    s.Choose: lambda of: _make(s.Choose, value=of, condition=of, otherwise=of),
}
LEAVES = {s.Text: texts(), s.Literal: literals(), s.Name: variables()}
EXPRESSIONS = st.recursive(
    st.one_of(*LEAVES.values()),
    lambda of: st.one_of(*(branch(of) for branch in BRANCHES.values())),
    max_leaves=6,
)
_E = EXPRESSIONS


# --- rows: data ---------------------------------------------------------------------------------

_DATA = texts() | _make(s.Literal, value=NUMBERS | NUMBERS.map(lambda n: -n) | st.booleans() | st.none())
VALUES = st.recursive(_DATA, lists, max_leaves=4)


def rows():
    """`{ name: value }`, with any text at all for a name."""
    name = _make(s.Word, text=names() | st.text(max_size=5))
    return _make(s.Row, cells=_some(_make(s.Cell, name=name, value=VALUES)))


# --- statements ---------------------------------------------------------------------------------

_SCALARS = _make(s.Scalar, name=names().filter(lambda name: name != "one"))
TYPES = {
    s.Scalar: _SCALARS,
    s.ListType: _make(s.ListType, element=_SCALARS, size=_maybe(st.integers(0, 99))),
    s.OneOf: _make(s.OneOf, choices=_E),
}
FIELDS = _make(s.Field, name=words(), type=st.one_of(*TYPES.values()))
ASSIGNS = _make(s.Assign, name=words(), value=_E)
LETS = _make(s.Let, name=words(), value=_E)
KEEPS = _make(s.Keep, condition=_E)
MESSAGES = _make(s.Message, role=words("system", "user", "assistant") | words(), text=texts())

_SETTINGS = ["shots", "samples", "temperature", "top_p", "max_tokens", "stop", "effort", "layout", "vote"]
_SETTINGS += ["order", "seed"]
PLAIN = {
    s.Item: _make(s.Item, fields=_some(FIELDS)),
    s.ItemsFrom: _make(s.ItemsFrom, path=texts(), where=_maybe(_E), columns=_maybe(_some(ASSIGNS))),
    s.ItemsRows: _make(s.ItemsRows, rows=_some(rows())),
    s.ItemsGenerate: _make(s.ItemsGenerate, count=_E, seed=_E, body=_some(LETS | ASSIGNS | KEEPS)),
    s.Test: _make(s.Test, where=_E),
    s.Cluster: _make(s.Cluster, by=_E),
    s.TrueTask: _make(s.TrueTask, about=texts(), answer=_E),
    s.Distractor: _make(s.Distractor, name=_maybe(words()), about=texts(), answer=_E, when=_maybe(_E)),
    s.Options: _make(s.Options, value=_E, style=_maybe(words("letters", "verbatim") | words())),
    s.Prompt: _make(s.Prompt, messages=_some(MESSAGES)),
    s.Template: _make(
        s.Template, keyword=st.sampled_from(["reply", "think", "then", "instruct", "rationale"]), text=texts()
    ),
    s.Setting: _make(
        s.Setting,
        keyword=words(
            *[
                "shots",
                "samples",
                "temperature",
                "top_p",
                "max_tokens",
                "stop",
                "effort",
                "layout",
                "vote",
                "order",
                "seed",
            ]
        ),
        value=_E,
    ),
    s.Exemplars: _make(s.Exemplars, balanced=st.just(True), where=_maybe(_E))
    | _make(s.Exemplars, where=_E)
    | _make(s.Exemplars, ids=lists(_E)),
    s.Needs: _make(s.Needs, name=words()),
    s.Design: _make(s.Design, kind=words("full", "latin") | words()),
    s.Tasks: _make(s.Tasks, names=_some(words(), 1)),
    s.Meta: _make(
        s.Meta,
        keyword=words(*["title", "about", "version", "authors", "license", "tags", "cite", "canary"]),
        values=_some(texts() | words()),
    ),
    s.Let: LETS,
}


_RULE_NAMES = st.lists(names(), min_size=1, max_size=3).map("-".join)
ALLOWS = _make(
    s.Allow,
    rules=_some(_make(s.Word, text=_RULE_NAMES), 1),
    reason=texts().filter(lambda text: text.value.strip()),
)
PLAIN[s.Allow] = ALLOWS


def _uses(bodies):
    return _make(
        s.Use, name=words(), arguments=_some(named(variables() | literals()), 0, 2), body=_maybe(bodies)
    )


def _holders(bodies):
    """Statements that hold blocks of statements."""
    uses = _some(_uses(bodies))
    return {
        s.Regimes: _make(s.Regimes, uses=uses),
        s.Vary: _make(s.Vary, factor=words(), levels=uses),
        s.Measure: _make(s.Measure, uses=uses),
        s.Subtask: _make(s.Subtask, name=words(), body=bodies),
    }


_PLAIN = st.one_of(*PLAIN.values())
HOLDERS = _holders(_some(_PLAIN | st.one_of(*_holders(_some(_PLAIN, 0, 2)).values()), 0, 2))
STATEMENTS = PLAIN | HOLDERS
BODIES = _some(st.one_of(*STATEMENTS.values()))


# --- files --------------------------------------------------------------------------------------

DECLARATIONS = {
    s.Import: _make(s.Import, path=texts()),
    s.Task: _make(s.Task, name=words(), extends=_maybe(words()), body=BODIES),
    s.Regime: _make(s.Regime, name=words(), extends=_maybe(words()), body=BODIES),
    s.Suite: _make(s.Suite, name=words(), body=BODIES),
    s.Let: LETS,
    s.Allow: ALLOWS,
}
FILES = _make(s.File, declarations=_some(st.one_of(*DECLARATIONS.values())))
