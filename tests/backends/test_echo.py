"""Given text is scored off an echo only where the echo is one, and its tokens are where they say."""

import math

import pytest

from taskc.backends.echoed import Echo, Worth, read_echo
from taskc.records.operation import Failure

PROMPT, OPTION = "The sky is", " blue"


def echo(tokens, logprobs=None, text=None, offsets=()):
    logprobs = (None, *(-0.5 for _ in tokens[1:])) if logprobs is None else logprobs
    text = "".join(tokens) if text is None else text
    return Echo(text=text, tokens=tuple(tokens), logprobs=tuple(logprobs), offsets=tuple(offsets))


def read(one, prompt=PROMPT, option=OPTION):
    return read_echo(one, prompt, option, "box")


SKY = ("The", " sky", " is", " blue", ".")


@pytest.mark.parametrize(
    ("one", "tokens"),
    [
        (echo(SKY), 1),
        (echo(SKY, offsets=(0, 3, 7, 10, 15)), 1),
        (echo(SKY, offsets=(-1,) * 5), 1),  # SGLang tells none
        (
            echo(("<s>", *SKY), text="The sky is blue.", offsets=(0, 3, 6, 10, 13, 18)),
            1,
        ),  # vLLM counts its mark
        (
            echo((*SKY[:4], "</s>"), text="The sky is blue"),
            1,
        ),  # the end of a text is shown among tokens alone
        (echo((" The", *SKY[1:]), text="The sky is blue."), 1),
        (echo(("The", " sky", " is", " bl", "ue", "!")), 2),
        (echo(SKY[:4], text="The sky is blue"), 1),
        (echo(("The", " sky", " is blue", ".")), 1),  # it reaches over the place, and is scored whole
    ],
)
def test_what_lines_up_is_read(one, tokens):
    assert read(one) == Worth(logprob=-0.5 * tokens, tokens=tokens)


def test_only_the_option_counts():
    assert read(echo(SKY, (None, -1.0, -2.0, -4.0, -8.0))) == Worth(logprob=-4.0, tokens=1)


@pytest.mark.parametrize("part", ["bytes:\\xe2\\x82", "\ufffd"])
def test_parts_of_characters_are_laid(part):
    tokens = ("cost", " ", part, part, " five", "!")
    one = echo(tokens, (None, -1.0, -1.0, -1.0, -0.25, -9.0), text="cost € five!")
    assert read(one, "cost €", " five") == Worth(logprob=-0.25, tokens=1)
    assert read(one, "cost ", "€ five") == Worth(logprob=-2.25, tokens=3)


@pytest.mark.parametrize(
    ("one", "reason", "said"),
    [
        (echo((" blue", "."), text=" blue."), "no-echo", "did not repeat"),
        (echo(SKY[1:], text="sky is blue"), "no-echo", "did not repeat"),
        (echo((), text="The sky is blue."), "no-logprobs", "no log-probabilities"),
        (echo(SKY, (None, -1.0)), "no-logprobs", "no log-probabilities"),
        (echo(("The", " sea", " is", " blue"), text="The sky is blue"), "no-echo", "do not line up"),
        (echo(SKY, offsets=(0, 3, 8, 11, 16)), "no-echo", "do not line up"),
        (echo(SKY, offsets=(0, 3)), "no-echo", "do not line up"),
        (echo(("The", " sky", " is", " blueish")), "no-boundary", "runs across"),
        (echo(SKY, (None, -1.0, -1.0, None, -1.0)), "no-logprobs", "of a token"),
        (echo(SKY, (None, -1.0, -1.0, -math.inf, -1.0)), "no-logprobs", "of a token"),
    ],
)
def test_what_does_not_is_a_failure_that_says_so(one, reason, said):
    found = read(one)
    assert isinstance(found, Failure)
    assert (found.reason, found.again) == (reason, False)
    assert said in found.message


def test_nothing_before_an_option_tells_nothing_of_its_first_token():
    first = read(echo(("blue", ".")), "", "blue")
    assert first.reason == "no-logprobs" and "first token" in first.message
    marked = echo(("<s>", "blue", "."), text="blue.")
    assert read(marked, "", "blue") == Worth(logprob=-0.5, tokens=1)
