"""The prices that a command reckons with: single ones, then tables of the user's own, then those shipped."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from taskc.backends import Described, ModelError
from taskc.backends.prices import find_price, read_prices, shipped_prices
from taskc.flow.selection import BadSelection
from taskc.records.forecast import Price


def price_tables(files: Sequence[Path], stated: Sequence[str]) -> list[Sequence[Price]]:
    """Give tables of prices, the one that counts first: `stated` ones as `MODEL=IN/OUT`, `files`, shipped.

    Raises `BadSelection` and `ModelError`.
    """
    tables = [read_prices(path.read_text(encoding="utf-8"), os.fspath(path)) for path in reversed(files)]
    return [[_stated(text) for text in reversed(stated)], *tables, shipped_prices()]


def known_prices(
    described: Iterable[Described], tables: Sequence[Sequence[Price]], *, needed: bool
) -> dict[str, Price]:
    """Give the prices of models that are charged for, by model; raises `ModelError` where one is `needed`."""
    charged = [one.model for one in described if one.charged]
    prices = {model: price for model in charged if (price := find_price(model, tables))}
    for model in charged:
        if needed and model not in prices:
            raise ModelError(
                f"`{model}` has no price, so `--max-cost` cannot be kept",
                help=f"give one in US dollars a million tokens: `--price {model.partition('?')[0]}=IN/OUT`",
            )
    return prices


def at_batch(price: Price) -> Price:
    """Give what is paid by batch; the whole price where nobody says what that is."""
    share = 1.0 if price.batch is None else price.batch
    return replace(price, input=price.input * share, output=price.output * share)


def _stated(text: str) -> Price:
    """Read a price as `MODEL=IN/OUT`; raises `BadSelection`."""
    model, _, amounts = text.rpartition("=")
    read, _, written = amounts.partition("/")
    try:
        price = Price(models=(model,), input=float(read), output=float(written), source="the command line")
    except ValueError:
        price = None
    if price is None or not model or not all(0 <= one < float("inf") for one in (price.input, price.output)):
        raise BadSelection(
            f"`{text}` is not a price",
            "write `MODEL=IN/OUT` in US dollars a million tokens, for instance `openai/my-model=0.5/1.5`",
        )
    return price
