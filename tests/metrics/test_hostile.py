"""Metrics on odd input against independent implementations: nothing said, odd letters, ties, bounds."""

import math
import re
import string
from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
import sacrebleu
from rouge_score import rouge_scorer
from scipy.special import logsumexp, softmax
from sklearn.metrics import brier_score_loss

from taskc.metrics import METRICS
from taskc.metrics.belief import Belief, Target
from taskc.metrics.of_items.ece import ece, ece_adaptive
from taskc.metrics.of_items.normalised_score import normalised_score
from taskc.metrics.of_samples.majority_vote import majority_vote
from taskc.metrics.of_samples.pass_at_k import pass_at_k

TEXTS = [
    "",
    " \n\t",
    ".",
    "the",
    "a\u0301",  # an accent of its own
    "\u00e1",
    "ＡＢＣ　１２",
    "北京是中国的首都",
    "مرحبا بالعالم",
    "👩‍👩‍👧 family",
    "no no no no no no",
    "No, no. NO; no-no!",
    "x" * 300,
    "a b c d e f g h i j k l m n o p",
    "p o n m l k j i h g f e d c b a",
    "1,000.50 — or 1000.5?",
    "&quot;so&quot; &amp; <skipped>",
    "ﬁne İstanbul ß STRASSE",
]
SEVERAL = [
    ("", ["", ""]),
    ("", ["x", ""]),
    ("the cat", ["", "the cat"]),
    ("the cat sat on the mat", ["a cat", "the cat sat on the mat and slept", "the mat"]),
    ("no no no", ["no", "no no no no no no", "yes"]),
    ("北京 是", ["北京", "上海 是"]),
    ("the the the the", ["the cat is on the mat", "there is a cat on the mat"]),  # of Papineni et al. 2002
    ("x y", ["y x", "x", "y"]),
]
CASES = [(one, [other]) for one, other in product(TEXTS, TEXTS)] + SEVERAL


def number(name: str, answer: str, targets: list[str]) -> float | None:
    found: float | None = METRICS[name].function(answer, targets)
    return found


def squad_words(text: str) -> list[str]:
    """Normalise as evaluate-v1.1.py does, written from its description."""
    kept = "".join(one for one in text.lower() if one not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split()).split()


def squad_f1(answer: str, target: str) -> float:
    said, gold = squad_words(answer), squad_words(target)
    if not said or not gold:
        return float(said == gold)
    same = sum((Counter(said) & Counter(gold)).values())
    if not same:
        return 0.0
    precision, recall = same / len(said), same / len(gold)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(("answer", "targets"), CASES)
def test_replies(answer: str, targets: list[str]) -> None:
    bleu = sacrebleu.BLEU(effective_order=True).sentence_score(answer, targets).score
    assert number("bleu", answer, targets) == pytest.approx(bleu)
    assert number("chrf", answer, targets) == pytest.approx(
        sacrebleu.CHRF().sentence_score(answer, targets).score
    )
    names = ["rouge1", "rouge2", "rougeL"]
    scored = rouge_scorer.RougeScorer(names, use_stemmer=True).score_multi(targets, answer)
    for name in names:
        assert number(name, answer, targets) == pytest.approx(scored[name].fmeasure), name
    assert number("token_f1", answer, targets) == pytest.approx(max(squad_f1(answer, t) for t in targets))
    same = any(squad_words(answer) == squad_words(target) for target in targets)
    assert number("normalised_match", answer, targets) == float(same)
    assert number("exact_match", answer, targets) == float(answer.strip() in [t.strip() for t in targets])


BELIEFS = [
    (0.0, -math.inf),
    (-math.inf, -3.0, -3.0),
    (-1e-300, -1e-300),
    (-1000.0, -1000.0, -1000.5),
    (-1e5, -1e5 - 1),
    (-0.5,),
    (-5.0,) * 26,
]


@pytest.mark.parametrize("logprobs", BELIEFS)
def test_options(logprobs: tuple[float, ...]) -> None:
    held = Belief(logprobs=logprobs, compared=logprobs, outside=None)
    for answer in range(len(logprobs)):
        target = Target(answer=answer)
        loss = METRICS["loss"].function(held, target)
        assert loss == pytest.approx(logsumexp(logprobs) - logprobs[answer])
        brier = METRICS["brier"].function(held, target)
        shares = softmax(logprobs)
        assert brier == pytest.approx(sum((p - (at == answer)) ** 2 for at, p in enumerate(shares)))
        if len(logprobs) > 1:
            labels = list(range(len(logprobs)))
            assert brier == pytest.approx(
                brier_score_loss([answer], [shares], labels=labels, scale_by_half=False)
            )


CONFIDENCES = {
    "at the edges of bins": ([k / 15 for k in range(16)], [1, 0] * 8),
    "all sure and right": ([1.0] * 9, [1] * 9),
    "all sure and wrong": ([1.0] * 9, [0] * 9),
    "all at 0": ([0.0] * 5, [1, 0, 0, 0, 0]),
    "one item": ([0.3], [1]),
    "all equal": ([0.5] * 20, [1, 0] * 10),
    "shares of samples": ([0.2, 0.7, 0.7, 0.9], [0.5, 0.25, 1.0, 0.75]),
    "just above an edge": ([math.nextafter(0.2, 1), 0.2, math.nextafter(0.2, 0)], [1, 0, 1]),
}


@pytest.mark.parametrize("case", sorted(CONFIDENCES))
def test_calibration(case: str) -> None:
    sure, right = (np.array(one, dtype=float) for one in CONFIDENCES[case])
    edges = np.array([k / 15 for k in range(16)])
    place = np.clip(np.digitize(sure, edges, right=True), 1, 15)
    expected = sum(
        (place == m).mean() * abs(right[place == m].mean() - sure[place == m].mean()) for m in set(place)
    )
    found = ece(sure.tolist(), right.tolist())
    assert found is not None and found[0] == pytest.approx(expected)
    for order in (np.arange(len(sure)), np.arange(len(sure))[::-1]):
        again = ece_adaptive(sure[order].tolist(), right[order].tolist())
        assert again is not None and 0.0 <= again[0] <= 1.0
        assert again[0] == pytest.approx(ece_adaptive(sure.tolist(), right.tolist())[0])


def test_nothing_at_all() -> None:
    assert ece([], []) is None and ece_adaptive([], []) is None and normalised_score([], []) is None
    assert pass_at_k(0, 0, 1) is None and pass_at_k(3, 1, 0) is None
    assert majority_vote([], []) is None


@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 2), (3, 4), (5, 5), (6, 2)])
@pytest.mark.parametrize("of", ["none", "one", "all"])
def test_samples(n: int, k: int, of: str) -> None:
    correct = {"none": 0, "one": 1, "all": n}[of]
    found = pass_at_k(n, correct, k)
    if k > n:
        assert found is None
        return
    draws = [any(draw) for draw in combinations([True] * correct + [False] * (n - correct), k)]
    assert found == pytest.approx(sum(draws) / len(draws))
