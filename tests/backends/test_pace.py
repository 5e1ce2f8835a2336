"""The pace as a law: slower at once, faster by and by, never past a limit that is known."""

import heapq
import random
from math import ceil, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskc.backends.headers import read_windows, retry_after
from taskc.backends.pace import LONGEST, Feedback, Limits, Meter, Pace, Window
from taskc.records.operation import Usage

FINE = Feedback(fine=True)
SLOW = Feedback(slow=True)
NOW = 1_795_000_000.0


def rounds(pace, count, feedback=FINE, now=0.0):
    """Send as many as may be in flight and let them all come back, `count` times."""
    for _ in range(count):
        some = []
        while pace.wait(now) == 0.0:
            some.append(pace.sent())
        for cuts in some:
            pace.back(cuts, feedback, now)


def test_it_begins_with_32_and_doubles_to_the_most():
    pace = Pace(most=200)
    assert pace.limit == 32
    rounds(pace, 1)
    assert 32 < pace.limit <= 64
    rounds(pace, 4)
    assert pace.limit == 200
    assert Pace(most=8).limit == 8


def test_it_does_not_grow_when_it_is_not_used():
    pace = Pace(most=64)
    for _ in range(100):
        pace.back(pace.sent(), FINE, 0.0)
    assert pace.limit == 32


def test_a_slow_down_halves_once_for_all_that_were_in_flight():
    pace = Pace(most=16, first=0.5)
    rounds(pace, 10)
    some = [pace.sent() for _ in range(16)]
    for cuts in some:
        pace.back(cuts, SLOW, 1.0)
    assert pace.limit == 8
    assert pace.wait(1.0) == 0.5


def test_after_a_slow_down_it_grows_by_one_a_round():
    pace = Pace(most=64)
    rounds(pace, 20)
    rounds(pace, 1, Feedback(slow=True, wait=0.0))
    assert pace.limit == 32
    rounds(pace, 6, now=1.0)
    assert 34 <= pace.limit <= 38
    rounds(pace, 400, now=1.0)
    assert pace.limit == 64


def test_pauses_double_and_shrink_with_answers():
    pace, now, pauses = Pace(most=4, first=0.5), 0.0, []
    for _ in range(9):
        pace.back(pace.sent(), SLOW, now)
        pauses.append(pace.wait(now))
        now += pauses[-1]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert pace.limit == 1
    for _ in range(30):
        pace.back(pace.sent(), FINE, now)
    pace.back(pace.sent(), SLOW, now)
    assert pace.wait(now) == 0.5


def test_what_the_provider_asks_holds_everybody():
    pace = Pace(most=8)
    first, second = pace.sent(), pace.sent()
    pace.back(first, Feedback(slow=True, wait=3.0), 10.0)
    pace.back(second, FINE, 10.5)
    assert pace.wait(11.0) == 2.0
    assert pace.wait(13.0) == 0.0


def test_other_failures_change_nothing():
    pace = Pace(most=8)
    pace.back(pace.sent(), Feedback(), 0.0)
    assert (pace.limit, pace.wait(0.0), pace.busy) == (8, 0.0, 0)


@given(
    most=st.integers(1, 300),
    steps=st.lists(st.tuples(st.sampled_from("sfbo"), st.floats(0, 5), st.floats(0, 90)), max_size=150),
)
def test_never_more_in_flight_than_the_limit(most, steps):
    pace, now, flying = Pace(most=most), 0.0, []
    for kind, gap, wait in steps:
        now += gap
        if kind == "s":
            if pace.wait(now) == 0.0:
                flying.append(pace.sent())
                assert len(flying) <= pace.limit
        elif flying:
            before, held = pace.limit, pace.wait(now)
            feedback = {"f": FINE, "b": Feedback(slow=True, wait=wait), "o": Feedback()}[kind]
            pace.back(flying.pop(0), feedback, now)
            assert pace.limit <= before + 1 if kind == "f" else pace.limit <= before
            if kind == "b" and pace.busy < int(pace.limit):
                assert pace.wait(now) >= wait - 1e-6
            if held != inf and pace.busy < int(pace.limit):
                assert pace.wait(now) >= held - 1e-9
        assert pace.busy == len(flying)
        assert 1 <= pace.limit <= most
        assert pace.wait(now) == inf or pace.wait(now) <= 90


class Server:
    """Answers so many at a time, and says 429 to more; or so many a second, with a bucket that fills."""

    def __init__(self, *, at_once=inf, a_second=inf, tells=False):
        self.at_once, self.a_second, self.tells = at_once, a_second, tells
        self.busy, self.tokens, self.last = 0, 1.0, 0.0

    def take(self, now):
        if self.a_second < inf:
            room = max(1.0, self.a_second)
            self.tokens = min(room, self.tokens + (now - self.last) * self.a_second)
            self.last = now
        if self.busy >= self.at_once or self.tokens < 1:
            wait = (1 - self.tokens) / self.a_second if self.a_second < inf and self.tells else None
            return Feedback(slow=True, wait=wait)
        self.tokens -= 1 if self.a_second < inf else 0
        self.busy += 1
        return None


def simulate(pace, server, count, latency, seed):
    """Ask until everything is answered; gives the seconds it took and how often 429 was said."""
    dice, now, flying = random.Random(seed), 0.0, []
    waiting, answered, refused, turn = count, 0, 0, 0
    while answered < count:
        while waiting and pace.wait(now) == 0.0:
            waiting -= 1
            cuts, no = pace.sent(), server.take(now)
            turn += 1
            took = latency * (0.05 if no else dice.uniform(0.5, 1.5))
            heapq.heappush(flying, (now + took, turn, cuts, no))
        pause = pace.wait(now) if waiting else inf
        back = flying[0][0] if flying else inf
        assert min(back, now + pause) < inf, "it waits for nothing"
        if back <= now + pause:
            now, _, cuts, no = heapq.heappop(flying)
            server.busy -= no is None
            answered, waiting, refused = (
                (answered + 1, waiting, refused) if no is None else (answered, waiting + 1, refused + 1)
            )
            pace.back(cuts, no or FINE, now)
        else:
            now += pause + 1e-9
    return now, refused


@settings(max_examples=25, deadline=None)
@given(room=st.integers(1, 40), most=st.integers(1, 64), seed=st.integers(0, 99))
def test_it_finds_the_room_of_a_server(room, most, seed):
    seconds, refused = simulate(Pace(most=most, first=0.05), Server(at_once=room), 1500, 0.1, seed)
    best = 1500 * 0.1 / min(room, most)
    assert seconds <= 2.5 * best + 3
    assert refused <= 0 if most <= min(room, 8) else refused <= 400


@settings(max_examples=15, deadline=None)
@given(rate=st.integers(5, 200), tells=st.booleans(), seed=st.integers(0, 99))
def test_it_finds_the_rate_of_a_server(rate, tells, seed):
    server = Server(a_second=float(rate), tells=tells)
    seconds, refused = simulate(Pace(most=64, first=0.1), server, 600, 0.05, seed)
    assert seconds <= 3 * 600 / rate + 10
    assert refused <= 300, "one is turned away for two that are answered, at most"


# --- limits that are stated or told --------------------------------------------------------------


@given(
    limit=st.floats(0.5, 100_000),
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 30)), min_size=1, max_size=200),
)
def test_no_minute_holds_more_than_the_limit(limit, gaps):
    meter, now, sent = Meter(limit), 0.0, []
    for gap in gaps:
        now += gap
        while (pause := meter.wait(now)) > 1e-9:
            now += pause
        meter.take(1, now)
        sent.append(now)
        assert sum(one > now - 60 for one in sent) <= ceil(limit)


@given(limit=st.floats(10, 1e6), amounts=st.lists(st.floats(1, 5000), min_size=1, max_size=100))
def test_no_minute_holds_more_tokens_than_the_limit_and_one_request(limit, amounts):
    meter, now, used = Meter(limit), 0.0, []
    for amount in amounts:
        while (pause := meter.wait(now)) > 1e-9:
            now += pause
        meter.take(amount, now)
        used.append((now, amount))
        assert sum(size for at, size in used[:-1] if at > now - 60) <= limit + 1e-6


def test_a_meter_is_no_slower_than_it_must_be():
    meter, now = Meter(6000), 0.0
    for _ in range(6000):
        now += meter.wait(now)
        meter.take(1, now)
    assert 59 < now <= 60.1


def test_limits_as_told_are_obeyed():
    limits, most = Limits(), Usage(read=60, written=40)
    assert not limits.counts_tokens
    for _ in range(3):
        limits.sent(most, 0.0)
    limits.back(most, [Window(kind="requests", left=3, reset=6.0)], 1.0)
    assert limits.wait(most, 1.0) == 0.0, "one of three is left beside the two in flight"
    limits.sent(most, 1.0)
    assert limits.wait(most, 1.0) == 6.0
    limits.back(most, [Window(kind="requests", left=0, reset=600.0)], 2.0)
    assert limits.wait(most, 2.0) == LONGEST
    assert limits.wait(most, 62.0) == 0.0


def test_tokens_as_told_are_obeyed():
    limits, most = Limits(), Usage(read=60, written=40)
    limits.sent(most, 0.0)
    limits.back(most, [Window(kind="tokens", left=99, reset=5.0)], 0.0)
    assert limits.counts_tokens
    assert limits.wait(most, 0.0) == 5.0
    assert limits.wait(Usage(read=9), 0.0) == 0.0


def test_what_the_model_string_states_goes_before():
    limits = Limits(rpm=60)
    limits.unless_stated(rpm=1, tpm=600)
    limits.sent(Usage(read=10), 0.0)
    assert limits.wait(Usage(), 0.0) == pytest.approx(1.0, abs=0.1)
    limits.sent(Usage(read=100), 2.0)
    assert limits.wait(Usage(), 2.0) == pytest.approx(10, abs=0.1)


# --- headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Wed, 18 Nov 2026 11:06:50 GMT"}, 10.0),
        ({"retry-after": "Wed, 18 Nov 2026 10:00:00 GMT"}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers, wait):
    assert retry_after(headers, NOW) == wait


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("1m30.5s", 90.5),
        ("12ms", 0.012),
        ("1h2m3s", 3723.0),
        ("1d", 86_400.0),
        ("7", 7.0),
        (str(NOW + 9), 9.0),
        ("2026-11-18T11:06:45Z", 5.0),
        ("2026-11-18T10:00:00Z", 0.0),
    ],
)
def test_resets(reset, seconds):
    headers = {"x-ratelimit-remaining-requests": "4", "x-ratelimit-reset-requests": reset}
    (window,) = read_windows(headers, NOW)
    assert (window.kind, window.left) == ("requests", 4.0)
    assert window.reset == pytest.approx(seconds)


def test_windows_of_anthropic():
    kinds = {"requests": "3", "tokens": "900", "input-tokens": "500", "output-tokens": "400"}
    headers = {f"anthropic-ratelimit-{kind}-remaining": left for kind, left in kinds.items()}
    headers |= {f"anthropic-ratelimit-{kind}-reset": "2026-11-18T11:06:45Z" for kind in kinds}
    found = {one.kind: one.left for one in read_windows(headers, NOW)}
    assert found == {"requests": 3, "tokens": 900, "input": 500, "output": 400}


@given(st.text(max_size=20), st.text(max_size=20))
def test_headers_that_say_nothing_are_passed_over(left, reset):
    headers = {"x-ratelimit-remaining-requests": left, "x-ratelimit-reset-requests": reset}
    for window in read_windows(headers, NOW):
        assert window.left >= 0
        assert window.reset >= 0
