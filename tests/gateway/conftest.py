"""Fixtures of the gateway's tests."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from codingagentbench.gateway.backends import Backend
from codingagentbench.gateway.server import Gateway
from codingagentbench.store.record import ModelCall
from gateway.cells import MODEL, SOLUTION, WORKDIR, Cell, OpenCell, TaskFiles, lay, make_task


@pytest.fixture
def task_files(tmp_path: Path) -> TaskFiles:
    return TaskFiles(make_task(), lay(tmp_path / "workdir", WORKDIR), lay(tmp_path / "solution", SOLUTION))


@pytest.fixture
def open_cell(tmp_path: Path) -> OpenCell:
    """Opens a cell on a listening socket; `bodies` may name another place for its pack."""

    @asynccontextmanager
    async def opened(backend: Backend, bodies: Path | None = None) -> AsyncIterator[Cell]:
        sock = socket.create_server(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{sock.getsockname()[1]}/v1"
        pack, seen = bodies or tmp_path / "bodies.zst", list[ModelCall]()
        async with Gateway() as gateway, ClientSession() as client:
            session = gateway.open_cell(
                cell_id="s/t/m/t", model=MODEL, backend=backend, bodies=pack, on_call=seen.append
            )
            session.listen(sock)
            try:
                yield Cell(session, base_url, client, pack, seen)
            finally:
                await session.close()

    return opened
