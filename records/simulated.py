"""A simulated model: what it knows, how far it is lured, and so what it answers to an item.

One answer to an item with k options (k = 0: a free answer, which no guess gets right):

1. with probability `pull` the answer is a distractor's, of those against the truth if there are any;
2. else with probability `ability` the truth is known and given;
3. else it is a guess, each of the k options alike.

This is a multinomial processing tree (Riefer and Batchelder 1988, Psychological Review 95:318). Items are
not all alike: one is hard, or tempting, for all models. A step is taken where σ·d + e < √(1 + σ²)·Φ⁻¹(p),
with d the item's own and the same for all models, e the luck of one model with one request, both standard
normal, and σ the spread: the normal ogive model (Lord and Novick 1968, chap. 16), whose mean over items is
p whatever σ is. What two models of ability 50 % know correlates by (2/π) asin(σ²/(1 + σ²)), a third at σ = 1.

What looks like chance is a hash of seed, item, request and model, so that each answer is had again at any
time. The functions take single numbers with `math`, and arrays with `numpy` in its place.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from taskc.records.request import Request

PREFIX = "simulated/"
"""How the model string of a simulated model begins."""

SPREAD = 1.0
WRONG = -1
"""A free answer that is neither the truth nor any distractor's."""

_MASK = 2**64 - 1
_TRUTH, _LURE, _GUESS, _OPTION = (2 * number + 1 for number in range(4))
_NORMAL = NormalDist()
_OPPOSITE = {"true": "false", "yes": "no", "t": "f", "y": "n"}
_OPPOSITE |= {no: yes for yes, no in _OPPOSITE.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What matters of a request: whose answers are which, and words that stand for its item and itself.

    An answer is a place among the `options` possible ones, those of the request where a reply is held to
    them; where none can be guessed, `options` is 0, and 0 is the truth, 1 and on the distractors', `WRONG`
    any other. `lures` are the distinct answers of distractors against the truth; `agrees` says that one
    speaks and none is against it. `truth` is None where the true answer is none of the options.
    """

    item: int
    request: int
    options: int
    truth: int | None
    lures: tuple[int, ...] = ()
    agrees: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A simulated model: `ability` and `pull` from 0 to 1, `spread` of items (σ) from 0 up, name and seed.

    Models of one seed meet the same hard items; those of one name have the same luck with each.
    """

    name: str
    ability: float
    pull: float = 0.0
    spread: float = SPREAD
    seed: int = 0


def asked_of(request: Request) -> Asked:
    """Say what matters of a request that yields an answer."""
    told = [answer for name, answer in request.predictions.items() if name != "true_task"]
    options = [option.written for option in request.options] if binds(request) else []
    if not options and request.kind == "bool" and request.answer.lower() in _OPPOSITE:
        options = [request.answer, _OPPOSITE[request.answer.lower()]]
    against = [answer for answer in dict.fromkeys(told) if answer != request.answer]
    if options:
        lures = tuple(options.index(answer) for answer in against if answer in options)
        truth = options.index(request.answer) if request.answer in options else None
    else:
        lures, truth = tuple(range(1, len(against) + 1)), 0
    return Asked(
        item=word(f"{request.task}\0{request.item}"),
        request=word(request.id),
        options=len(options),
        truth=truth,
        lures=lures,
        agrees=bool(told) and not against,
    )


def written_of(request: Request, answer: int) -> str:
    """Write an answer as a reply does; a wrong free one is made up."""
    if answer >= 0 and binds(request):
        return request.options[answer].written
    rivals = [told for name, told in request.predictions.items() if name != "true_task"]
    possible = [request.answer, *(told for told in dict.fromkeys(rivals) if told != request.answer)]
    if 0 <= answer < len(possible):
        return possible[answer]
    if request.kind == "bool" and request.answer.lower() in _OPPOSITE:
        return _OPPOSITE[request.answer.lower()]
    known = {*possible, *(option.written for option in request.options)}
    made = (str(at) if request.kind in ("int", "number") else f"something else {at}" for at in range(1, 1000))
    return next(text for text in made if text not in known)


def binds(request: Request) -> bool:
    """Say whether an answer is held to the options, so that guessing among them means something.

    So it is where they are what is scored, where they have labels, and where the last message shows their
    texts.
    """
    if not request.options:
        return False
    if request.measure != "reply" or all(option.label is not None for option in request.options):
        return True
    shown = request.messages[-1].content if request.messages else ""
    return request.kind == "text" and all(_shows(shown, option.text) for option in request.options)


def answer_of(subject: Subject, asked: Asked, replicate: int = 0) -> int:
    """Give the answer of a model, as `Asked` names answers; another `replicate` is another try."""
    seed, model = begun(subject.seed), word(subject.name)
    lured, knows, guess = drawn(
        seed, model, asked.item, mixed(asked.request + replicate), subject.spread, *levels(subject)
    )
    others = [at for at in range(asked.options) if at != asked.truth and at not in asked.lures]
    truth = [] if asked.truth is None else [asked.truth]
    if lured and (asked.lures or asked.agrees):
        against = asked.lures or truth
        return against[int(guess * len(against))] if against else int(guess * asked.options)
    if knows and truth:
        return truth[0]
    ways = (*truth, *asked.lures, *others)
    return ways[int(guess * asked.options)] if asked.options else WRONG


def chances_of(subject: Subject, asked: Asked) -> list[float]:
    """Give the probability of each option, of which there are some, for a model that meets this item."""
    from_truth, from_lure = difficulties(begun(subject.seed), asked.item)
    able, drawn_to = levels(subject)
    knows = _NORMAL.cdf(able - subject.spread * from_truth)
    lured = _NORMAL.cdf(drawn_to - subject.spread * from_lure) if asked.lures or asked.agrees else 0.0
    known = knows if asked.truth is not None else 0.0
    chances = [(1 - lured) * (1 - known) / asked.options] * asked.options
    if asked.truth is not None:
        chances[asked.truth] += (1 - lured) * known
    against = asked.lures or (() if asked.truth is None else (asked.truth,))
    for at in against:
        chances[at] += lured / len(against)
    return chances


def beliefs_of(subject: Subject, asked: Asked, answer: int) -> list[float]:
    """Give log-probabilities of the options whose highest is the answer that is given; `options` > 0.

    They are the normalised logarithms of `chances_of`, each with a Gumbel deviation, given that the largest
    sum is at `answer`: before that is known, it would be there with just the chance of that answer
    (Maddison, Tarlow and Minka 2014, A* sampling, sec. 3).
    """
    base = mixed(mixed(begun(subject.seed) ^ asked.request) ^ word(subject.name))
    lows = [math.log(max(chance, 1e-4)) for chance in chances_of(subject, asked)]
    total = math.log(math.fsum(map(math.exp, lows)))
    most = total + _gumbel(uniform(mixed(base + _OPTION)))
    sums = [most] * len(lows)
    for at, low in enumerate(lows):
        if at != answer:
            free = low + _gumbel(uniform(mixed(base + _OPTION + 8 * (at + 1))))
            sums[at] = -math.log(math.exp(-free) + math.exp(-most))
    highest = max(sums)
    norm = highest + math.log(math.fsum(math.exp(one - highest) for one in sums))
    return [one - norm for one in sums]


def levels(subject: Subject) -> tuple[float, float]:
    """Give what luck and difficulty must stay below for the truth to be known, and for a lure to work."""
    wide = math.sqrt(1 + subject.spread**2)
    return wide * level(subject.ability), wide * level(subject.pull)


def level(share: float) -> float:
    """Give the standard normal quantile, infinite at 0 and 1."""
    if 0 < share < 1:
        return _NORMAL.inv_cdf(share)
    return math.inf if share >= 1 else -math.inf


def drawn(
    seed: Any, model: Any, item: Any, request: Any, spread: float, able: Any, drawn_to: Any, maths: Any = math
) -> tuple[Any, Any, Any]:
    """Say of a request whether the model is lured, whether it knows the truth, and give what guessing draws.

    Words are whole numbers, or arrays of unsigned 64-bit ones that fit each other, as `maths` is.
    """
    hard, tempting = difficulties(seed, item, maths)
    own = mixed(mixed(seed ^ request) ^ model)
    luck, draw = _normals(mixed(own + _TRUTH), mixed(own + _LURE), maths)
    return spread * tempting + draw < drawn_to, spread * hard + luck < able, uniform(mixed(own + _GUESS))


def difficulties(seed: Any, item: Any, maths: Any = math) -> tuple[Any, Any]:
    """Give how hard an item is and how hard to be lured by, standard normal, the same for all models."""
    own = mixed(seed ^ item)
    made: tuple[Any, Any] = _normals(mixed(own + _TRUTH), mixed(own + _LURE), maths)
    return made


def begun(seed: Any) -> Any:
    """Begin a chain of words with a seed."""
    return mixed(seed + 1)


def word(text: str) -> int:
    """Make a word of a text: 64 bits."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def mixed(number: Any) -> Any:
    """Stir a word well: the output function of SplitMix64 (Steele, Lea and Flood 2014, OOPSLA)."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


def uniform(number: Any) -> Any:
    """Make a number between 0 and 1 of a word; it is neither."""
    return (number >> 11) * 2.0**-53 + 2.0**-54


def _normals(one: Any, other: Any, maths: Any) -> tuple[Any, Any]:
    """Make two independent standard normal numbers of two words, by Box and Muller's way (1958)."""
    far, turn = maths.sqrt(-2.0 * maths.log(uniform(one))), 2.0 * math.pi * uniform(other)
    return far * maths.cos(turn), far * maths.sin(turn)


def _gumbel(share: float) -> float:
    return -math.log(-math.log(share))


def _shows(message: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", message) is not None


def shares(asked: Asked) -> tuple[float, float]:
    """Give the chances that a guess is the truth, and that it is a distractor's answer against it."""
    if not asked.options:
        return 0.0, 0.0
    return (asked.truth is not None) / asked.options, len(asked.lures) / asked.options


def accuracy_of(ability: float, pull: float, asked: Sequence[Asked]) -> float:
    """Give the expected share of right answers to some requests, of a model with that ability and pull."""
    return math.fsum(right(ability, pull, one) for one in asked) / len(asked)


def right(ability: float, pull: float, asked: Asked) -> float:
    """Give the probability that an answer to one request is right, over all items like it."""
    chance, _ = shares(asked)
    able = (ability + (1 - ability) * chance) if asked.truth is not None else 0.0
    if asked.lures:
        return (1 - pull) * able
    return pull * (asked.truth is not None) + (1 - pull) * able if asked.agrees else able
