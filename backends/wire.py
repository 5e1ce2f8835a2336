"""HTTP to a service that needs no SDK, at a tenth of an SDK's cost: one call, three errors, as the SDKs have.

The module stands where an SDK's module of exceptions does, in `Line.sdk`. What keeps the SDKs' own
connections is the same library, so `cause_of` tells for all of them how a connection was lost.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from taskc import __version__
from taskc.backends.protocol import ModelError

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "Arrived",
    "Wire",
    "caller",
    "cause_of",
    "json_or_text",
    "proxy_for",
    "whole",
]

_CONNECT = 30.0  # seconds to wait for a connection; an address that nobody is at is told before the timeout
_HEADER = 65_536  # bytes of one header, eight times what the library allows by itself
_KEPT = 60.0  # seconds to keep an idle connection; a server that closes it sooner is noticed
_encode = msgspec.json.Encoder().encode

Cause: TypeAlias = Literal["never", "lost", "late"]


class APIConnectionError(Exception):
    """There was no connection, or it broke before the whole response was there."""


class APITimeoutError(APIConnectionError):
    """There was no answer in time."""


class APIStatusError(Exception):
    """A response with a status from 300 up; `body` is its JSON or its text, or says where it points.

    Nobody is followed elsewhere: the key was given for one address, and a prompt would be sent twice.
    """

    def __init__(self, response: "Arrived") -> None:
        """Read what the body says."""
        super().__init__(f"status {response.status}")
        self.response = response
        self.status_code = response.status
        moved = response.headers.get("location", "")
        self.body = {"message": f"it has moved to `{moved}`"} if moved else json_or_text(response.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A response as it came; the names of `headers` are found in any case."""

    status: int
    headers: Mapping[str, str]
    text: str


class Wire:
    """Connections to one service, made as they are needed and kept while they are used."""

    def __init__(
        self, url: str, secret: str, *, proxy: str | None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Connect to nothing yet; `secret` goes into the headers, where there is one.

        `headers` are sent besides, and go before those that are sent without them.
        """
        self._url = url
        self._proxy = proxy
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self._headers["User-Agent"] = f"taskc/{__version__}"
        if secret:
            self._headers["Authorization"] = f"Bearer {secret}"
        self._headers |= headers or {}
        self._session: Any = None

    async def post(self, path: str, body: dict[str, Any]) -> Arrived:
        """Post `body`, as JSON, to a path below the service's address."""
        return await self._post(self._url + path, body)

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _post(self, address: str, body: dict[str, Any]) -> Arrived:
        import aiohttp

        session = self._session or self._open()
        try:
            sent = session.post(address, data=_bytes_of(body), allow_redirects=False, proxy=self._proxy)
            async with sent as response:
                content = await response.read()
        except TimeoutError as error:
            raise APITimeoutError(type(error).__name__) from error
        except (aiohttp.ClientError, OSError) as error:
            raise APIConnectionError(type(error).__name__) from error
        text = content.decode("utf-8", "replace")
        arrived = Arrived(status=response.status, headers=response.headers, text=text)
        if response.status >= 300:
            raise APIStatusError(arrived)
        return arrived

    def _open(self) -> Any:
        """Open the pool: who may ask, and for how long, is decided elsewhere, so nothing is limited here."""
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT),
            max_line_size=_HEADER,
            max_field_size=_HEADER,
        )
        return self._session


def caller(client: Any, path: str) -> Callable[..., Awaitable[Any]]:
    """Give the call of a client, an SDK's or a `Wire`, that posts its named arguments to a path.

    It gives the response as it came. The SDKs' own calls convert what is sent and what comes back by their
    types, which takes a fifth of their time and is done again here; all else that they do stays.
    """
    if isinstance(client, Wire):

        async def create(**body: Any) -> Any:
            return await client.post(path, whole(body))
    else:
        from httpx2 import Response

        async def create(**body: Any) -> Any:
            return await client.post(path, cast_to=Response, body=whole(body))

    return create


def whole(body: dict[str, Any]) -> dict[str, Any]:
    """Give what is sent for the arguments of an SDK's call: `extra_body` is part of it, `timeout` is not."""
    extra = body.pop("extra_body", None)
    body.pop("timeout", None)
    return body | extra if extra else body


def cause_of(error: BaseException) -> Cause:
    """Say how a connection was lost: it was never had, it broke, or the time was over.

    The SDKs put names of their own on what the library below them says, and not always the right ones.
    """
    import aiohttp

    at: BaseException | None = error
    while at is not None:
        if isinstance(at, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)):
            return "never"
        if isinstance(at, TimeoutError):
            return "late"
        if isinstance(at, (aiohttp.ClientError, OSError)):
            return "lost"
        at = at.__cause__ or at.__context__
    return "lost"


def proxy_for(url: str) -> str | None:
    """Give the proxy that the environment names for an address; raises `ModelError` for one of another kind.

    Only the address is taken from there: the library, told to trust the environment, would also put a
    password of `~/.netrc` in the place of the key.
    """
    parts = urlsplit(url)
    known = getproxies()
    for name in {"http", "https", "all"} & known.keys():  # the SDKs read them all
        _check_proxy(name, known[name])
    proxy = known.get(parts.scheme) or known.get("all")
    if not proxy or proxy_bypass(parts.netloc):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(proxy).scheme not in ("http", "https"):
        raise ModelError(
            f"the proxy for `{parts.netloc}` is not an HTTP proxy",
            help="set `HTTPS_PROXY` to one, or `NO_PROXY` to the host",
        )
    return proxy


def _check_proxy(name: str, proxy: str) -> None:
    """Raise `ModelError` for what is no address at all; it is not shown, as it may hold a password."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        good = bool(parts.scheme and parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if proxy and not good:
        raise ModelError(
            f"`{name.upper()}_PROXY` is not the address of a proxy", help="write `http://HOST:PORT`"
        )


def _bytes_of(body: dict[str, Any]) -> bytes:
    try:
        return _encode(body)
    except UnicodeEncodeError:  # half a character, which goes as an escape
        return json.dumps(body).encode()


def json_or_text(text: str) -> object:
    """Give the JSON that a text is, or else the text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
