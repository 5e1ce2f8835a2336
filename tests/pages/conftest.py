"""Let the tests of pages share `made.py`, and take away what it made."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from made import made


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    yield made()
    shutil.rmtree(made(), ignore_errors=True)
    made.cache_clear()
