"""A place to run in, and a look at what is alive on the machine."""

import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.place import Place, place

_MARKERS = itertools.count()


@pytest.fixture
def box(tmp_path: Path) -> Place:
    return place("bubblewrap", tmp_path)


@pytest.fixture
def marker() -> str:
    """An argument of `sleep` that nobody else uses."""
    return f"7777{os.getpid():07}{next(_MARKERS):05}"  # the process, since two workers test at a time


@pytest.fixture
def alive() -> Callable[[str], list[int]]:
    """The processes with a text in their command line."""

    def look(text: str) -> list[int]:
        found = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if text.encode() in file.read_bytes():
                    found.append(int(file.parent.name))
            except OSError:
                continue
        return found

    return look


@pytest.fixture
def gone(alive: Callable[[str], list[int]]) -> Callable[[str], bool]:
    """Whether nothing with a text in its command line is alive, now or within two seconds."""

    def wait(text: str) -> bool:
        deadline = time.monotonic() + 2
        while alive(text) and time.monotonic() < deadline:
            time.sleep(0.01)
        return not alive(text)

    return wait
