"""Which models a service has, asked by one request that costs nothing: `GET …/models`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from threading import Thread
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from taskc.backends.addresses import is_loopback

WAIT = 5.0  # seconds
_MOST = 20_000_000  # bytes of a list
_VERSION = "2023-06-01"  # of Anthropic's list, which has not changed since


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a service says it has, or why it says nothing.

    `refused`: it does not take the key; `down`: there was no answer at all.
    """

    names: tuple[str, ...] = ()
    why: str = ""
    refused: bool = False
    down: bool = False


class _Stay(HTTPRedirectHandler):
    """Goes nowhere else: a key is for the address that it was set for."""

    def redirect_request(self, *given: Any, **more: Any) -> None:
        """Follow nothing."""
        return None


def list_models(url: str, secret: str, *, anthropic: bool = False, wait: float = WAIT) -> Listed:
    """Ask the service at a base URL for its models; what goes wrong is said and not raised.

    After `wait` seconds in all nobody waits for it any longer, however slowly its bytes come by.
    """
    found: list[Listed] = []
    asking = Thread(target=lambda: found.append(_list(url, secret, anthropic, wait)), daemon=True)
    asking.start()
    asking.join(wait)
    return found[0] if found else Listed(why=f"did not answer within {wait:g} s", down=True)


def _list(url: str, secret: str, anthropic: bool, wait: float) -> Listed:
    place = f"{url}/v1/models?limit=1000" if anthropic else f"{url}/models"
    opener = build_opener(_Stay, *([ProxyHandler({})] if is_loopback(url) else []))
    try:
        with opener.open(Request(place, headers=_headers(secret, anthropic)), timeout=wait) as response:
            names = _names(json.loads(response.read(_MOST)))
    except HTTPError as problem:
        problem.close()
        return Listed(why=f"answered {problem.code}", refused=problem.code in (401, 403))
    except (URLError, HTTPException, OSError, ValueError, RecursionError) as problem:
        return _without_list(problem, wait)
    return Listed(names=names) if names is not None else Listed(why="sent no list of models")


def _headers(secret: str, anthropic: bool) -> Mapping[str, str]:
    base = {"Accept": "application/json", "User-Agent": "taskc"}
    if anthropic:
        return base | {"x-api-key": secret, "anthropic-version": _VERSION}
    return base | ({"Authorization": f"Bearer {secret}"} if secret else {})


def _names(answer: Any) -> tuple[str, ...] | None:
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, list):
        return None
    names = [one.get("id") for one in data if isinstance(one, Mapping)]
    found = {name for name in names if isinstance(name, str) and name.isprintable()}
    return tuple(sorted(found))


def _without_list(problem: Exception, wait: float) -> Listed:
    """Say what happened without what may stand in an error of a library, which can quote anything."""
    cause = problem.reason if isinstance(problem, URLError) else problem
    if isinstance(cause, TimeoutError):
        return Listed(why=f"did not answer within {wait:g} s", down=True)
    if isinstance(cause, ConnectionRefusedError):
        return Listed(why="nobody answers there", down=True)
    if isinstance(cause, OSError):
        return Listed(why="cannot be reached", down=True)
    return Listed(why="sent no list of models")
