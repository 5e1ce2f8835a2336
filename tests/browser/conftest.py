"""A real browser without a window: Chromium, of this system, driven by Playwright."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "pages"))

from made import made

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What a browser that can be driven is called; `TASKC_BROWSER` names another."""


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    yield made()
    shutil.rmtree(made(), ignore_errors=True)
    made.cache_clear()


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Any]:
    """Start the browser; without one tests are skipped, but where `CI` is set that is an error.

    As long as it is open Playwright has an event loop running in this thread, so that nothing else may run
    one: the page is made before, and the browser is closed with the module.
    """
    program = os.environ.get("TASKC_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        told = "NO BROWSER: the page is not opened; install `chromium`, or name one in TASKC_BROWSER"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=["--no-sandbox"], timeout=180_000)
        yield started
        started.close()
