"""What models cost: a table with the date and the source of each price, which others may be put over."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files

from taskc.backends.protocol import ModelError, parse_model
from taskc.records.forecast import Price
from taskc.records.lines import LineError, load


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    price: tuple[Price, ...]


def shipped_prices() -> tuple[Price, ...]:
    """Give the prices that come with taskc, in `prices.toml`."""
    text = files("taskc.backends").joinpath("prices.toml").read_text(encoding="utf-8")
    return read_prices(text, "prices.toml")


def read_prices(text: str, name: str) -> tuple[Price, ...]:
    """Read a table in the form of `prices.toml`; raises `ModelError` that says what is wrong with it."""
    try:
        table = load(_Table, json.dumps(tomllib.loads(text), default=str))
    except (tomllib.TOMLDecodeError, LineError) as problem:
        why = problem.why if isinstance(problem, LineError) else str(problem).lower()
        raise ModelError(
            f"`{name}` is not a table of prices: {why}",
            help="write `[[price]]` with `models`, `input` and `output`, in US dollars a million tokens",
        ) from None
    for price in table.price:
        if min(price.input, price.output) < 0:
            raise ModelError(
                f"`{name}` has a price below 0 for `{price.models[0]}`", help="write what is to be paid"
            )
    return table.price


def find_price(model: str, tables: Sequence[Sequence[Price]]) -> Price | None:
    """Give the price of a model from the first table that has one: its very name, else the longest pattern.

    A name without parameters stands for the model with any; `*` in one stands for any text.
    """
    name = parse_model(model)
    names = (model, f"{name.provider}/{name.name}")
    for table in tables:
        by_pattern = {pattern: price for price in table for pattern in price.models}
        exact = next((by_pattern[one] for one in names if one in by_pattern), None)
        if exact is not None:
            return exact
        fitting = [one for one in by_pattern if any(fnmatchcase(known, one) for known in names)]
        if fitting:
            return by_pattern[max(fitting, key=len)]
    return None
