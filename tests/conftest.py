"""What all tests share."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.append(str(Path(__file__).parent / "tools"))  # where `runs_made` is

# a machine may be slow, and a law is about what holds, not how fast; CI looks at the same examples each time
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("any machine"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "any machine")

_TAKEN = ("taskc/models", "matplotlib")  # what takes long to make, and is the same for everybody
_CACHE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests, and what they start, a cache of their own: what they find out is for nobody else.

    Weights that were fetched are seen in it, and what is fetched stays.
    """
    real = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    own = Path(tempfile.mkdtemp(prefix="taskc-tests-"))
    for name in _TAKEN:
        (real / name).mkdir(parents=True, exist_ok=True)
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).symlink_to(real / name)
    config.stash[_CACHE] = str(own)
    os.environ["XDG_CACHE_HOME"] = str(own)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take it away again; links are not followed."""
    shutil.rmtree(config.stash[_CACHE], ignore_errors=True)
