"""Keys kept out of logs: whatever writes one, an SDK asked for its debug log say, writes `***` instead."""

import logging
import traceback
from typing import Any

LEAST = 12  # characters; a shorter one, `none` say, is no secret, and taking it out would garble the text
_hidden: set[str] = set()


def hide(secret: str) -> None:
    """Take a key out of all that is logged in this process from now on, tracebacks included."""
    if len(secret) < LEAST:
        return
    if not _hidden:
        logging.setLogRecordFactory(_without_keys(logging.getLogRecordFactory()))
    _hidden.add(secret)


def _without_keys(make: Any) -> Any:
    def made(*args: Any, **given: Any) -> logging.LogRecord:
        record: logging.LogRecord = make(*args, **given)
        try:
            message = record.getMessage()
        except Exception:  # one that cannot be written at all is told by `logging` itself, with its arguments
            message = f"{record.msg} {record.args}"
        if any(one in message for one in _hidden):
            record.msg, record.args = _clean(message), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = _clean("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
        return record

    return made


def _clean(text: str) -> str:
    for one in _hidden:
        text = text.replace(one, "***")
    return text
