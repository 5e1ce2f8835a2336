"""Addresses of services: which can be used, which are of this machine, and when one is part of a name.

Two servers that are asked for a model by one name may not have the same model. So an address other than the
provider's own is a part of the model's name, as `?base_url=…`, whether it comes from there or from the
environment; answers that were had at one address are never taken for those of another.
"""

from dataclasses import replace
from urllib.parse import urlsplit

from taskc.backends.hiding import LEAST
from taskc.backends.protocol import ModelError, ModelName, Surroundings

PARAMETER = "base_url"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_USUAL = {"http": 80, "https": 443}


def checked_url(url: str, where: str, secret: str = "") -> str:
    """Give a base URL that can be used; `where` is the variable or parameter it comes from.

    One that holds `secret`, the key of the service, cannot: addresses are shown, and written down.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in _USUAL and bool(parts.hostname) and (parts.port or 1) > 0
        (parts.hostname or "").encode("idna")  # no empty part between two dots, none that is too long
    except ValueError:
        good = False
    if not good or not url.isprintable() or any(one in url for one in " ?#"):
        raise ModelError(f"`{where}` is not the address of a server", help="write `http://HOST:PORT/v1`")
    if parts.username or parts.password:
        variable = where.removesuffix("_BASE_URL") if where.endswith("_BASE_URL") else "SERVICE"
        raise ModelError(
            f"`{where}` holds a user name or password",
            help=f"take it out of the address, and give a key in `{variable}_API_KEY`",
        )
    if len(secret) >= LEAST and secret.lower() in url.lower():
        raise ModelError(
            f"`{where}` holds the key", help="take it out of the address, which is shown and written down"
        )
    return url.rstrip("/")


def key_beside(around: Surroundings, variable: str) -> str:
    """Give the key, if there is one, of the service whose address is in `variable`."""
    return around.environment.get(variable.removesuffix("_BASE_URL") + "_API_KEY", "").strip()


def is_loopback(url: str) -> bool:
    """Say whether a base URL is of this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def url_of(name: ModelName, around: Surroundings, variable: str, own: str) -> str:
    """Give where a provider is asked: as the model string states, else the environment, else its `own`."""
    stated, key = name.parameters.get(PARAMETER), key_beside(around, variable)
    if stated is not None:
        return checked_url(stated, PARAMETER, key)
    return checked_url(around.environment.get(variable) or own, variable, key)


def with_address(name: ModelName, url: str, own: str) -> ModelName:
    """Put an address into a model's name, unless it is the provider's `own`."""
    kept = {key: value for key, value in name.parameters.items() if key != PARAMETER}
    return replace(name, parameters=kept if _place(url) == _place(own) else {**kept, PARAMETER: url})


def _place(url: str) -> tuple[str, str | None, int | None, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _USUAL.get(parts.scheme), parts.path.rstrip("/")
