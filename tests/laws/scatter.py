"""Text made untidy without a change of meaning: comments, empty lines and spacing thrown in."""

from itertools import pairwise
from random import Random

from taskc.grammar.cut import cut
from taskc.grammar.layout import END, Token

_BLANKS = [" ", " ", "  ", "\t", " \t  "]
_ENDS = ["\n", "\n", "\n\n\n", " #!\n", "\n#!\n", "  #!\n\n  #!\n\n\n\n#!\n", "\n\t\n"]
_FREE = ["", "", "", " ", "\n", " #!\n", "\n\n #!\n#!\n\n"]
_OPENS, _CLOSES = ("{", "(", "["), ("}", ")", "]")


def scatter(chance: Random, text: str) -> str:
    """Give a text with other layout and with comments `# 1`, `# 2`, … that reads as the same tree."""
    tokens = cut(text)
    out = [chance.choice(["", "\n\n", "#!\n", "#!\n\n#!\n"])]
    inside: list[str] = []
    for token, after in pairwise([*tokens, Token(END, "", 0, 0)]):
        if token.kind == END:
            out.append(chance.choice(_ENDS) + chance.choice(_BLANKS))
            continue
        out.append(token.text)
        if token.text in _OPENS:
            inside.append(token.text)
        elif token.text in _CLOSES:
            inside.pop()
        if after.kind != END:
            gap = text[token.end : after.start]
            out.append(chance.choice(_BLANKS) if gap else "")
            free = token.text in (*_OPENS, ",") or (inside and inside[-1] in ("(", "["))
            if free and after.text not in ("=", ":"):  # beside them a keyword is a name
                out.append(chance.choice(_FREE))
    out.append(chance.choice(["", "\n", " #!", "\n\n#!\n\n#!"]))
    parts = "".join(out).split("#!")
    written = parts[0] + "".join(f"# {i} x{part}" for i, part in enumerate(parts[1:]))
    return written.replace("\n", "\r\n") if chance.random() < 0.3 else written
