"""What all tests share."""

import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is; figures are what benchmarks/ is for.
settings.register_profile("cab", deadline=None)
settings.load_profile("cab")


@pytest.fixture
def host_port() -> Iterator[None]:
    """The one port of `--sandbox none`: tests that use it, in whatever process, take turns."""
    with Path(tempfile.gettempdir(), "cab-tests-host-port.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
