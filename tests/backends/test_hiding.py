"""Keys are in no log, whoever writes it: messages, arguments, tracebacks."""

import logging

import pytest

from taskc.backends import hiding

KEY = "sk-hidden-0123456789"


@pytest.fixture
def log(monkeypatch, caplog):
    before = logging.getLogRecordFactory()
    monkeypatch.setattr(hiding, "_hidden", set())
    hiding.hide(KEY)
    caplog.set_level(logging.DEBUG)
    yield caplog
    logging.setLogRecordFactory(before)


def test_messages_arguments_and_tracebacks(log):
    logger = logging.getLogger("sdk.client")
    logger.debug("headers: %s", {"authorization": f"Bearer {KEY}"})
    try:
        raise ValueError(f"no {KEY}")
    except ValueError:
        logger.exception("it failed for %s", KEY)
    logger.debug("two %s", "fine words")
    assert KEY not in log.text
    assert "headers: {'authorization': 'Bearer ***'}" in log.text
    assert "ValueError: no ***" in log.text and "it failed for ***" in log.text
    assert "two fine words" in log.text


def test_what_is_short_is_no_secret(log):
    hiding.hide("none")
    logging.getLogger("sdk").debug("none of them")
    assert "none of them" in log.text
