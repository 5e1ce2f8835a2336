"""Requests that are sent together and answered within a day, as written down before they are sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch that was sent, or is about to be, and that nobody has picked up yet.

    `id` is our own name for it, 16 hex digits, which goes to the provider with it; `remote` is the
    provider's, empty as long as nobody knows whether it was accepted. `mark` is the newest batch that the
    provider knew before, where that was asked. `at` is when it was written down, in seconds since 1970.
    """

    id: str
    model: str
    count: int
    at: float
    mark: str = ""
    remote: str = ""
