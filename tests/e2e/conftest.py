"""Real command lines in processes of their own, on real results folders."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.controls.endpoint import ControlEndpoint, Fault

PYTHON_TASK = "polyglot/python-reverse-string"
CAB = [sys.executable, "-m", "codingagentbench"]


@dataclass(frozen=True)
class Cab:
    """Runs `cab` with results below a folder of the test's own."""

    folder: Path
    env: dict[str, str]

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def __call__(
        self, *arguments: str, code: int | None = 0, timeout: float = 280, **env: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*CAB, *arguments],
            cwd=self.folder,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        if code is not None:
            assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*CAB, *arguments],
            cwd=self.folder,
            env=self.env,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def cells(self, sweep: str | None = None) -> list[dict[str, Any]]:
        only = ["--sweep", sweep] if sweep else []
        return [json.loads(line) for line in self("cells", "--json", *only).stdout.splitlines()]


@pytest.fixture
def cab(tmp_path: Path) -> Cab:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CAB_", "COLUMNS"))}
    return Cab(tmp_path, {**env, "CAB_RESULTS": str(tmp_path / "results")})


@contextmanager
def serving(task: str, tui: str, *, model: str, key: str, fault: Fault | None = None) -> Iterator[ControlEndpoint]:
    """An oracle behind a real HTTP endpoint on loopback, served by a thread with an event loop of its own."""
    catalog = open_catalog()
    folder = catalog.task(task)
    backend = ControlBackend(
        behaviour="oracle",
        task=folder.task,
        workdir=folder.workdir,
        solution=folder.solution,
        hands=catalog.tui(tui).tui.hands,
    )
    endpoint = ControlEndpoint(backend, model=model, key=key, fault=fault)
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with endpoint:
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield endpoint
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@pytest.fixture
def extra_task(tmp_path: Path) -> Callable[[str], Path]:
    """Somebody else's catalogue folder with a copy of one of our tasks under another name."""

    def make(name: str) -> Path:
        source = open_catalog().task(PYTHON_TASK).folder
        place = tmp_path / "theirs" / "tasks" / "v9" / "polyglot" / name
        shutil.copytree(source, place)
        text = (place / "task.toml").read_text()
        text = text.replace(PYTHON_TASK, f"polyglot/{name}").replace('version = "v0.1"', 'version = "v9"')
        (place / "task.toml").write_text(text)
        return tmp_path / "theirs"

    return make
