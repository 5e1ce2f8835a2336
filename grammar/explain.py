"""A syntax error in an author's words: what was found, what could stand there, and the way out."""

import unicodedata
from collections.abc import Sequence

from msgspec import Struct

from taskc.dsl.diagnostic import Diagnostic, error, similar
from taskc.dsl.span import Span
from taskc.grammar.layout import CLOSES, END, Token, shorten
from taskc.grammar.words import DECLARATIONS, FORMS, PART_FORMS, RESERVED, STATEMENTS

_TEXT = frozenset({"STRING", "BLOCK"})
_NUMBER = frozenset({"INT", "FLOAT"})
_VALUE = _TEXT | _NUMBER | {"true", "True", "false", "False", "null", "None", "-", "["}
_EXPRESSION = (_VALUE | {"NAME", "not", "+", "("}) - {"null", "None"}
_OPERATORS = frozenset(
    ["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "and", "or", "in", "not", "if"]
)
_PYTHON = {
    "=": "`==` compares",
    ".": "values have no attributes; `value[0]` gives an element of a list",
    "is": "`==` compares",
    "for": "there are no loops; use `range`, `sum`, `sorted` and the like",
    "lambda": "there are no functions to define; give a value a name with `let`",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    "?": "write `a if condition else b`",
    ";": "a statement ends with its line",
    "'": 'texts stand in double quotes: `"…"`',
    "`": 'texts stand in double quotes: `"…"`',
    "\\": "a statement may go on in the next line inside `( )` and `[ ]`, or after a comma",
    "/": "a comment begins with `#`",
    "//": "a comment begins with `#`",
}


class Wrong(Struct, frozen=True, kw_only=True):
    """A place where reading stopped: token `at` (perhaps past the last), and what could stand there."""

    file: str
    tokens: Sequence[Token]
    at: int
    accepts: frozenset[str]
    start: int  # of the entry that holds it
    around: str  # what that is part of, see `recover.Entry`

    @property
    def token(self) -> Token:
        """Give the token that does not fit; a line end when there are no more."""
        if self.at < len(self.tokens):
            return self.tokens[self.at]
        end = self.tokens[-1].end
        return Token(END, "", end, end)

    @property
    def before(self) -> Token | None:
        """Give the token before it."""
        return self.tokens[self.at - 1] if self.at else None

    def error(self, rule: str, message: str, token: Token, help: str = "") -> Diagnostic:
        """Make an error at a token."""
        return error(rule, message, Span(file=self.file, start=token.start, end=token.end), help=help)


def explain(wrong: Wrong) -> Diagnostic:
    """Say what is wrong with the token at which reading stopped."""
    for look in (_open_text, _quotes, _number, _inner_quote, _sign, _statement, _hyphen, _stray):
        found = look(wrong)
        if found is not None:
            return found
    return _expected(wrong)


def mend(wrong: Wrong) -> Token | None:
    """Give the keyword that a misspelt word was meant to be, if one is near."""
    token = wrong.token
    words = [
        word for word in wrong.accepts if word.isidentifier() and word.islower() and word not in RESERVED
    ]
    help = similar(token.text, words) if token.text.isidentifier() else ""
    if not help.startswith("a similar"):
        return None
    word = help.split("`")[1]
    return token._replace(kind=word, text=word)


def needless_sign(wrong: Wrong) -> Token | None:
    """Give the `:` or `=` that stands between the keyword of a statement and what it states, if one does."""
    word = wrong.token.text
    known = STATEMENTS if wrong.around == "body" else DECLARATIONS if wrong.around == "file" else ()
    if wrong.at != wrong.start or word not in known or wrong.at + 1 >= len(wrong.tokens):
        return None
    after = wrong.tokens[wrong.at + 1]
    return after if after.text == ":" or (after.text == "=" and word != "let") else None


def _open_text(wrong: Wrong) -> Diagnostic | None:
    """Find a text that is not closed."""
    token = wrong.token
    if token.kind == "OPEN_STRING":
        help = 'end it with `"` on the same line, or write a text block: `"""…"""`'
        return wrong.error("unclosed-string", "this text is not closed", _first(token, 1), help)
    if token.kind == "OPEN_BLOCK":
        return wrong.error(
            "unclosed-block", "this text block is never closed", _first(token, 3), 'end it with `"""`'
        )
    return None


def _first(token: Token, length: int) -> Token:
    return token._replace(end=token.start + length)


def _quotes(wrong: Wrong) -> Diagnostic | None:
    """Find a text in other quotes than `"`."""
    token = wrong.token
    if token.kind == "QUOTED":
        mark = token.text[0]
        help = f"write `{shorten(chr(34) + token.text[1:-1] + chr(34))}`"
        return wrong.error("wrong-quotes", f'texts stand in `"`, not in `{mark}`', token, help)
    if unicodedata.category(token.text[0] if token.text else " ") in ("Pi", "Pf"):
        return wrong.error("wrong-quotes", f'texts stand in `"`, not in `{token.text[0]}`', token)
    return None


def _number(wrong: Wrong) -> Diagnostic | None:
    """Find a number with something stuck to it, as in `5abc` or `1.2.3`."""
    token, before = wrong.token, wrong.before
    if before is None or before.kind not in _NUMBER or before.end != token.start:
        return None
    if token.kind not in _NUMBER and not token.text.isidentifier():
        return None
    both = before._replace(text=before.text + token.text, end=token.end)
    help = f'as a text it is `"{both.text}"`'
    return wrong.error("malformed-number", f"`{both.text}` is not a number", both, help)


def _inner_quote(wrong: Wrong) -> Diagnostic | None:
    """Find a text that a quote inside it has ended."""
    token, before = wrong.token, wrong.before
    if before is None or before.kind != "STRING" or before.end != token.start or token.kind == END:
        return None
    if not (token.text.isidentifier() or token.kind in _NUMBER | _TEXT | {"STRAY"}):
        return None
    quote = Token("STRING", '"', before.end - 1, before.end)
    help = 'write `\\"` for a quote inside a text, or write a text block: `"""…"""`'
    return wrong.error("unescaped-quote", "the text ends at this quote", quote, help)


def _sign(wrong: Wrong) -> Diagnostic | None:
    """Find a `:` or `=` after the keyword of a statement."""
    sign, word = needless_sign(wrong), wrong.token.text
    if sign is None:
        return None
    help = f"take the `{sign.text}` out: write {FORMS[word]}"
    return wrong.error("syntax", f"no `{sign.text}` stands after `{word}`", sign, help)


def _hyphen(wrong: Wrong) -> Diagnostic | None:
    """Find a name that is written with hyphens."""
    at = wrong.at
    if wrong.token.text != "-" or not at or not wrong.tokens[at - 1].text.isidentifier():
        return None
    parts = [wrong.tokens[at - 1]]
    for token in wrong.tokens[at:]:
        if token.start != parts[-1].end or not (token.text == "-" or token.text.isidentifier()):
            break
        parts.append(token)
    name = "".join(part.text for part in parts)
    if len(parts) < 3 or name.endswith("-"):
        return None
    whole = parts[0]._replace(text=name, end=parts[-1].end)
    help = f"write `{shorten(name.replace('-', '_'))}`"
    return wrong.error(
        "syntax", f"`{shorten(name)}` is not a name: one is made of letters, digits and `_`", whole, help
    )


def _statement(wrong: Wrong) -> Diagnostic | None:
    """Find a line that begins with no statement, or with one that belongs elsewhere."""
    token = wrong.token
    if wrong.around == "making" and wrong.at == wrong.start + 1 and wrong.accepts == {"="}:
        first = wrong.tokens[wrong.start]
        near = similar(first.text, ("let", "keep")) if token.text.isidentifier() else ""
        help = near if near.startswith("a similar") else _form(wrong)
        return wrong.error("unknown-statement", f"unknown statement `{first.text}`", first, help)
    if wrong.at != wrong.start or not token.text.isidentifier():
        return None
    word = token.text
    if wrong.around == "file":
        if word in STATEMENTS:
            help = "put it inside the braces of a task, a regime or a suite"
            return wrong.error("misplaced-statement", f"`{word}` stands outside of any task", token, help)
        help = similar(word, DECLARATIONS)
        return wrong.error("unknown-declaration", f"unknown declaration `{word}`", token, help)
    if wrong.around == "body":
        if word in DECLARATIONS - STATEMENTS:
            help = "put it at the top of the file, outside of all braces"
            return wrong.error("misplaced-statement", f"`{word}` stands inside a block", token, help)
        return wrong.error("unknown-statement", f"unknown statement `{word}`", token, _cure(wrong))
    if wrong.around == "making":
        return wrong.error("unknown-statement", f"unknown statement `{word}`", token, _form(wrong))
    return None


def _cure(wrong: Wrong) -> str:
    """Give the way out of an unknown statement."""
    word = wrong.token.text
    after = wrong.tokens[wrong.at + 1] if wrong.at + 1 < len(wrong.tokens) else None
    if word in STATEMENTS:
        return _form(wrong)
    if after is not None and after.text == "=":
        return f"to give a value a name, write `let {word} = …`"
    if word == "keep":
        return "`keep if` stands in `items generate`; to choose among items, write `test where …`"
    return similar(word, STATEMENTS)


def _stray(wrong: Wrong) -> Diagnostic | None:
    """Find a character that the language has no use for."""
    token = wrong.token
    if token.kind != "STRAY":
        return None
    help = _arrow(wrong) or _method(wrong) or _PYTHON.get(token.text, "")
    name = f"`{token.text}`"
    if not (token.text.isascii() or token.text.isprintable()) or token.text.isspace():
        name = f"{unicodedata.name(token.text, 'character').lower()} (U+{ord(token.text):04X})"
        help = "take it out, or put it inside a text"
    return wrong.error("stray-character", f"unexpected {name}", token, help)


def _arrow(wrong: Wrong) -> str:
    """Give the way out where another arrow stands for `->`."""
    text = "".join(token.text for token in wrong.tokens[wrong.at : wrong.at + 2])
    meant = text[:1] in ("→", "⇒", "⟶", "➔") or text == "=>"
    return "write `->`" if meant and "->" in wrong.accepts else ""


def _expected(wrong: Wrong) -> Diagnostic:
    """Say what could stand where something else stands."""
    token, before = wrong.token, wrong.before
    wanted = name_wanted(wrong.accepts)
    ends = token.kind == END or token.text in CLOSES.values() or token.start == token.end
    if ends and before is not None and wanted:
        return wrong.error("syntax", f"expected {wanted} after {_name(before)}", before, _help(wrong))
    message = f"expected {wanted}, found {_name(token)}" if wanted else f"unexpected {_name(token)}"
    return wrong.error("syntax", message, token, _help(wrong))


def _help(wrong: Wrong) -> str:
    """Give the way out: the word that was meant, or the form of the statement."""
    token = wrong.token
    if arrow := _arrow(wrong):
        return arrow
    near = mend(wrong)
    if near is not None:
        return f"a similar name exists: `{near.text}`"
    if "null" in wrong.accepts and token.kind == "NAME":
        return f'rows hold data, so a text stands in quotes: `"{token.text}"`'
    if wrong.at == wrong.start and token.text in _OPERATORS:
        return _PYTHON["//"] if token.text == "//" else _PYTHON["\\"]
    if wrong.accepts >= _OPERATORS and token.text in _PYTHON:
        return _method(wrong) or _PYTHON[token.text]
    if (
        wrong.at > 1
        and wrong.tokens[wrong.at - 2].text == ","
        and wrong.tokens[wrong.at - 1].text in STATEMENTS
    ):
        return "a comma at the end of a line goes on with the list in the next line"
    return _form(wrong)


def _method(wrong: Wrong) -> str:
    """Give the call of a function that does what a method does elsewhere, for `a.f(`."""
    before, after = wrong.before, wrong.tokens[wrong.at + 1 : wrong.at + 3]
    if wrong.token.text != "." or len(after) < 2 or after[0].kind != "NAME" or after[1].text != "(":
        return ""
    value = shorten(before.text) if before is not None and before.kind == "NAME" else "value"
    return f"values have no methods; functions take them: `{after[0].text}({value}, …)`"


def _form(wrong: Wrong) -> str:
    """Give the form of the statement or of the part of one."""
    first = wrong.tokens[wrong.start].text if wrong.start < len(wrong.tokens) else ""
    form = PART_FORMS.get(wrong.around) or FORMS.get(first)
    return f"write {form}" if form else ""


def name_wanted(accepts: frozenset[str]) -> str:
    """Say in words what could stand somewhere; '' when that is too much to say."""
    words: list[str] = []
    rest = set(accepts)
    groups = (
        (STATEMENTS, "a statement"),
        (DECLARATIONS, "a declaration"),
        (_EXPRESSION, "a value"),
        (_EXPRESSION - {"not"}, "a value"),
        (_VALUE, "a value"),
        (_TEXT, "a text in quotes"),
        ({"NAME", "one"}, "a type"),
        ({"NAME"}, "a name"),
        (_NUMBER, "a number"),
        ({"INT"}, "a whole number"),
    )
    for group, name in groups:
        if group <= rest:
            words.append(name)
            rest -= group
    if rest >= _OPERATORS:
        rest -= _OPERATORS | {"[", "("}
    elif "==" in rest:
        rest -= _OPERATORS | {"["}
    if {END, "$END"} & rest:
        words.append("end of line")
    words += [f"`{word}`" for word in sorted(rest - {END, "$END", "}"})]
    words += ["`}`"] if "}" in rest and "end of line" not in words and len(words) < 4 else []
    if len(words) > 5:
        return ""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _name(token: Token) -> str:
    """Name a token in a message."""
    if token.kind in _TEXT:
        return "a text" if len(token.text) > 24 or "\n" in token.text else f"`{token.text}`"
    if token.kind == END:
        return "end of line"
    return f"`{shorten(token.text)}`"
