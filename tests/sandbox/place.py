"""An engine with a work folder and a home to run in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Limits, Sandbox, SandboxExit, SandboxSpec
from codingagentbench.sandbox.engines import engine


@dataclass
class Place:
    """An engine with a work folder and a home."""

    engine: Sandbox
    root: Path

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def home(self) -> Path:
        return self.root / "home"

    def spec(self, argv: Sequence[str], wall_s: float = 30, env: Mapping[str, str] | None = None) -> SandboxSpec:
        return SandboxSpec(argv, work=self.work, home=self.home, env=env or {}, limits=Limits(wall_s=wall_s))

    async def run(self, *argv: str, limits: Limits | None = None, **more: object) -> SandboxExit:
        spec = self.spec(argv)
        changes = {**({"limits": limits} if limits else {}), **more}
        return await self.engine.run(replace(spec, **changes))  # type: ignore[arg-type]  # names are the caller's

    async def python(self, code: str, **more: object) -> SandboxExit:
        return await self.run("/usr/bin/python3", "-I", "-c", code, **more)  # type: ignore[arg-type]  # as above

    async def shell(self, code: str, **more: object) -> SandboxExit:
        return await self.run("/bin/sh", "-c", code, **more)  # type: ignore[arg-type]  # as above


def place(name: str, root: Path) -> Place:
    if reason := _why_not(name):
        pytest.skip(reason)
    made = Place(engine(name), root)
    for folder in (made.work, made.home):
        folder.mkdir()
    return made


@cache
def _why_not(name: str) -> str | None:
    """Asked once a process: a container takes half a second."""
    try:
        engine(name).preflight()
    except SetupError as error:
        return str(error)
    return None
