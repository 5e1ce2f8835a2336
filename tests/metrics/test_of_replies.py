"""Metrics of replies against sacrebleu, rouge-score, nltk and hand-worked values; their ranges as laws."""

import math

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import sentence_bleu
from rouge_score import rouge_scorer, tokenizers

from taskc.metrics import METRICS

OF_REPLIES = {name: metric for name, metric in METRICS.items() if metric.of == "reply"}
TEXTS = [
    "the cat sat on the mat",
    "The cat sat on a mat.",
    "on the mat sat a black cat, asleep",
    "dogs run",
    "",
    "7.5",
    "Zürich liegt am See",
]


def number(name: str, answer: str, *targets: str) -> float | None:
    found = METRICS[name].function(answer, targets)
    assert found is None or isinstance(found, float)
    return found


@pytest.mark.parametrize(
    ("name", "answer", "targets", "value"),
    [
        ("exact_match", " Paris ", ["Paris"], 1.0),
        ("exact_match", "paris", ["Paris"], 0.0),
        ("exact_match", "Rome", ["Paris", "Rome"], 1.0),
        ("normalised_match", "the Paris!", ["paris"], 1.0),
        ("normalised_match", "Paris, France", ["Paris"], 0.0),
        ("normalised_match", "another", ["other"], 0.0),  # `an` is an article as a word only
        ("contains", "It is Paris, I think.", ["paris"], 1.0),
        ("contains", "It is Parisian.", ["Paris"], 0.0),
        ("contains", "It comes to 17.", ["7"], 0.0),
        ("contains", "It comes to 7.5.", ["7"], 0.0),
        ("contains", "It comes to 1,007.", ["7"], 0.0),
        ("contains", "It comes to 7.", ["7"], 1.0),
        ("contains", "C++ is\nquick", ["C++ is"], 1.0),
        ("contains", "", ["7"], 0.0),
        ("numeric_match", "110", ["100"], 1.0),
        ("numeric_match", "1.1", ["1"], 1.0),
        ("numeric_match", "111", ["100"], 0.0),
        ("numeric_match", "-95", ["-100"], 1.0),
        ("numeric_match", "95", ["-100"], 0.0),
        ("numeric_match", "0", ["0"], 1.0),
        ("numeric_match", "0.001", ["0"], 0.0),
        ("numeric_match", "1,050", ["1000"], 1.0),
        ("numeric_match", "many", ["1000"], 0.0),
        ("numeric_match", "3", ["many"], None),
        ("numeric_match", "52", ["10", "50"], 1.0),
        ("numeric_error", "95", ["100"], 0.05),
        ("numeric_error", "-95", ["-100"], 0.05),
        ("numeric_error", "-50", ["100"], 1.5),
        ("numeric_error", "0", ["0"], 0.0),
        ("numeric_error", "1", ["0"], None),
        ("numeric_error", "1", ["0", "2"], 0.5),
        ("numeric_error", "many", ["2"], None),
        ("token_f1", "the cat sat", ["a cat stood"], 0.5),  # cat; two words each, articles aside
        ("token_f1", "cat cat cat", ["cat"], 0.5),
        ("token_f1", "Paris", ["London", "paris, France"], 2 / 3),
        ("token_f1", "", ["x"], 0.0),
        ("token_f1", "the", ["a"], 1.0),  # no words on either side
        ("bleu", "the cat sat on the mat", ["the cat sat on the mat"], 100.0),
        # 5, 3, 2 and 1 of 6, 5, 4 and 3 n-grams, equally long
        ("bleu", "the cat sat on a mat", ["the cat sat on the mat"], 100 * (30 / 360) ** 0.25),
        # one word of six, a perfect unigram, brevity exp(1 − 6)
        ("bleu", "cat", ["the cat sat on the mat"], 100 * math.exp(-5)),
        # two of three characters in each direction, one of two pairs, no triple: n-grams up to 3
        ("chrf", "abd", ["abc"], 100 * (2 / 3 + 1 / 2 + 0) / 3),
        ("rouge1", "the cat sat", ["the cat stood up"], 2 * 2 / 7),
        ("rouge2", "the cat sat", ["the cat stood up"], 2 * 1 / 5),
        ("rougeL", "sat the cat", ["the cat sat up"], 2 * 2 / 7),
        ("rougeL", "cats running", ["a cat runs"], 2 * 2 / 5),  # words are stemmed
    ],
)  # fmt: skip
def test_hand_worked(name, answer, targets, value) -> None:
    assert number(name, answer, *targets) == (None if value is None else pytest.approx(value))


def test_every_metric_of_replies_is_hand_worked() -> None:
    (table,) = [mark.args[1] for mark in test_hand_worked.pytestmark if mark.name == "parametrize"]
    assert {name for name, *_ in table} == set(OF_REPLIES)


PAIRS = [(one, other) for one in TEXTS for other in TEXTS]


@pytest.mark.parametrize(("answer", "target"), PAIRS)
def test_as_sacrebleu_and_rouge_score_have_it(answer, target) -> None:
    expected = sacrebleu.sentence_bleu(answer, [target], use_effective_order=True).score
    assert number("bleu", answer, target) == pytest.approx(expected)
    assert number("chrf", answer, target) == pytest.approx(sacrebleu.sentence_chrf(answer, [target]).score)
    scores = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True).score(target, answer)
    for name, score in scores.items():
        assert number(name, answer, target) == pytest.approx(score.fmeasure)


def test_bleu_without_zeros_is_that_of_nltk() -> None:
    """Where every n-gram is met and no smoothing is at work, both have one formula."""
    answer, target = "the small cat sat on the mat today", "today the small cat sat on the mat again"
    words = tokenizers.DefaultTokenizer(False).tokenize
    expected = 100 * sentence_bleu([words(target)], words(answer))
    assert number("bleu", answer, target) == pytest.approx(expected)


WORDS = st.lists(st.sampled_from(["cat", "The", "mat.", "7", "-3.5", "a", "Ünal"]), max_size=6).map(" ".join)


@settings(deadline=None)
@given(st.one_of(WORDS, st.text(max_size=30)), st.one_of(WORDS, st.text(max_size=30)))
def test_all_are_in_their_range_and_the_target_itself_is_best(answer, target) -> None:
    for name, metric in OF_REPLIES.items():
        value, best = number(name, answer, target), number(name, target, target)
        for one in (value, best):
            assert one is None or metric.low <= one <= metric.high + 1e-9, name
        if value is not None and best is not None:
            assert value <= best + 1e-9 if metric.better == "higher" else value >= best - 1e-9, name


@settings(deadline=None)
@given(WORDS, WORDS, WORDS)
def test_one_target_more_is_never_worse(answer, target, more) -> None:
    for name, metric in OF_REPLIES.items():
        if name == "bleu":  # counts are clipped by all targets together, and lengths go by the nearest
            continue
        one, both = number(name, answer, target), number(name, answer, target, more)
        if one is not None and both is not None:
            assert both >= one - 1e-9 if metric.better == "higher" else both <= one + 1e-9, name
