"""Work in several processes is the same work, in the same order."""

import operator
import os

import pytest

from taskc.flow.side_by_side import side_by_side
from taskc.records.shown import human


def test_results_come_in_order() -> None:
    numbers = [10.0**at for at in range(20)]
    done = side_by_side(human, numbers, workers=2, least=4)
    assert done == [human(number) for number in numbers]


@pytest.mark.parametrize(("workers", "least", "here"), [(1, 1, True), (2, 50, True), (2, 4, False)])
def test_where_it_is_done(workers: int, least: int, here: bool) -> None:
    processes = set(side_by_side(operator.call, [os.getpid] * 20, workers=workers, least=least))
    assert (processes == {os.getpid()}) is here


def test_nothing_to_do() -> None:
    assert side_by_side(human, [], workers=4, least=1) == []


def test_each_process_has_one_thread_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    names = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"] * 10
    assert side_by_side(os.getenv, names, workers=2, least=4) == ["1", "3"] * 10
    assert "OPENBLAS_NUM_THREADS" not in os.environ
