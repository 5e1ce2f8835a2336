"""A provider on this machine, and ways to ask it, for the backends that speak to one."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from loopback import FakeProvider, hurried, run_hurried


@pytest.fixture(scope="session")
def running() -> Iterator[FakeProvider]:
    server = FakeProvider()
    yield server
    server.close()


@pytest.fixture
def provider(running: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    # every client reads all certificates of the machine, a tenth of a second, and none is needed here
    monkeypatch.setattr("ssl.SSLContext.load_verify_locations", lambda *_, **__: None)
    running.forget()
    return running


@pytest.fixture
def ask(tmp_path: Path, provider: FakeProvider) -> Callable[..., Any]:
    """Open a model, ask it operations, close it, and give its replies (one alone without a list)."""
    from taskc.backends import open_model

    async def go(model: str, operations: tuple[Any, ...], environment: dict[str, str]) -> Any:
        backend = open_model(model, provider.around(tmp_path, **environment))
        try:
            replies = await hurried(provider, backend, backend.ask(operations))
        finally:
            await backend.close()
        return replies[0] if len(operations) == 1 else replies

    def asked(model: str, *operations: Any, **environment: str) -> Any:
        return run_hurried(lambda: go(model, operations, environment))

    return asked
