"""The engine of citable published runs: containers of pinned images. No network but the door, nothing to be root with.

docs/decisions/docker.md has the reasons and the figures.
"""

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from aiodocker import Docker as Client

from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.errors import SandboxError, SetupError
from codingagentbench.images.shelf import Shelf
from codingagentbench.sandbox.base import DOOR_PORT, HOME, Image, Limits, SandboxExit, SandboxSpec
from codingagentbench.sandbox.disk import watching
from codingagentbench.sandbox.docker_api import call, client, daemon_socket, synchronously
from codingagentbench.sandbox.docker_config import DaemonFacts, container_config, enforcement_words
from codingagentbench.sandbox.docker_leftovers import remove_leftovers
from codingagentbench.sandbox.docker_run import SETUP_TIMEOUT_S, ContainerRun
from codingagentbench.sandbox.door import DoorOpener
from codingagentbench.sandbox.gate import orders
from codingagentbench.sandbox.owner import DOCKER_PREFIX, harness_tag, mark
from codingagentbench.sandbox.ownership import Uids, give_to
from codingagentbench.sandbox.process import to_the_end
from codingagentbench.sandbox.toolchains import FoundToolchain
from codingagentbench.sandbox.view import PACKAGE

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
_REAPER = Path(__file__).with_name("docker_reaper.py")
_NUMBERS = itertools.count(1)


class Docker:
    """One engine for a whole sweep; any number of runs at a time. `hidden` folders are never in view."""

    name = "docker"
    isolated = True

    def __init__(self, hidden: Sequence[Path] = (), image: Image | None = None) -> None:
        """`image`: everything runs in this one; without it a run's toolchains decide."""
        self._only = image
        self._root = os.geteuid() == 0
        self._hidden = [Path(os.path.realpath(p)) for p in (PACKAGE, *hidden)]
        self._doors = DoorOpener()
        self._uids = Uids()
        self._shelf = Shelf()
        self._facts: DaemonFacts | None = None
        self._reaper: subprocess.Popen[bytes] | None = None
        weakref.finalize(self, self._doors.close)

    def version(self) -> str:
        """The daemon's own version."""
        return self._known().version

    def capabilities(self) -> frozenset[str]:
        """What this daemon enforces; see sandbox/capabilities.py."""
        daemon = self._known()
        able = {"memory": daemon.memory, "pids": daemon.pids, "cpu": daemon.cpu, "seccomp": daemon.seccomp}
        always = {"wall", "no-network", "non-root", "read-only-root", "file-size", "disk-limit", "image"}
        return frozenset(always | {name for name, yes in able.items() if yes})

    def preflight(self) -> None:
        """Sweep up leftovers, then run `true` once, as a cell would. Raises SetupError with what to do."""
        daemon_socket()
        try:
            if self._known().rootless:
                msg = "the docker engine cannot use a rootless daemon: use --sandbox bubblewrap as an ordinary user"
                raise SetupError(msg)
            remove_leftovers()
            synchronously(self._try)
        except SandboxError as error:
            msg = f"Docker cannot run a sandbox here: {error}"
            raise SetupError(msg) from error

    def find_toolchain(self, entry: Toolchain) -> FoundToolchain:
        """The toolchain of the image that has it. Raises MissingToolchainError."""
        return self._shelf.toolchain(entry)

    def image(self, toolchains: Sequence[str]) -> Image:
        """The image that a command with these toolchains runs in. Raises SetupError where none was built."""
        return self._only or self._shelf.image(toolchains)

    async def run(self, spec: SandboxSpec) -> SandboxExit:
        """See Sandbox.run. Raises OSError where `spec.on_output` did."""
        script = orders(spec.argv, {"PATH": DEFAULT_PATH, "HOME": HOME, **spec.env}, tty=spec.tty)
        self._watch()
        async with client() as docker:
            with self._user() as (uid, gid):
                if self._root:
                    await asyncio.to_thread(give_to, uid, spec.work, spec.home)
                async with watching(spec) as watch:
                    run = ContainerRun(
                        watch.spec, f"cab-{harness_tag()}-{next(_NUMBERS)}", uid, gid, hands_out=not self._root
                    )
                    watch.first = lambda: run.pid
                    try:
                        return watch.told(await self._run(docker, run, script))
                    finally:
                        try:
                            await to_the_end(run.stop(docker))
                        finally:
                            run.close()

    async def _run(self, docker: Client, run: ContainerRun, script: bytes) -> SandboxExit:
        daemon = await self._ask(docker)
        image = self.image(run.spec.toolchains).digest
        config = container_config(run.spec, image, run.uid, run.gid, run.place, self._hidden, daemon)
        await to_the_end(run.start(docker, config))
        if run.spec.door is not None:
            run.spec.door(await self._doors.open(run.pid, DOOR_PORT) if self._root else run.door())
        run.orders.send(script)
        timed_out, wall_s = await run.command()
        usage = run.usage()
        await to_the_end(run.stop(docker))
        enforced, missing = enforcement_words(run.spec.limits, daemon)
        return replace(run.exit(usage, wall_s, timed_out=timed_out), enforced=enforced, not_enforced=tuple(missing))

    @contextlib.contextmanager
    def _user(self) -> Iterator[tuple[int, int]]:
        if not self._root:
            yield os.getuid(), os.getgid()
            return
        with self._uids.one() as uid:
            yield uid, uid

    async def try_command(self, argv: Sequence[str], wall_s: float) -> SandboxExit:
        """Run a command of our own, with a door, in folders made for it."""
        with tempfile.TemporaryDirectory(prefix=f"{DOCKER_PREFIX}{os.getpid()}-try-") as folder:
            mark(Path(folder))
            work, home = Path(folder, "work"), Path(folder, "home")
            work.mkdir()  # noqa: ASYNC240  # two calls, before anything runs
            home.mkdir()  # noqa: ASYNC240  # as above
            limits = Limits(wall_s=wall_s)
            spec = SandboxSpec(argv, work=work, home=home, env={}, limits=limits, door=lambda door: door.close())
            return await self.run(spec)

    async def _try(self) -> None:
        ended = await self.try_command(["true"], SETUP_TIMEOUT_S)
        if ended.exit_code != 0:
            msg = f"`true` ended with {ended.exit_code} in it: {ended.stderr.decode('utf-8', 'replace').strip()}"
            raise SandboxError(msg)

    def _known(self) -> DaemonFacts:
        if self._facts is None:
            self._facts = synchronously(self._ask_alone)
        return self._facts

    async def _ask_alone(self) -> DaemonFacts:
        async with client() as docker:
            return await self._ask(docker)

    async def _ask(self, docker: Client) -> DaemonFacts:
        if self._facts is None:
            self._facts = DaemonFacts.of(await call("say what it can enforce", docker.system.info()))
        return self._facts

    def _watch(self) -> None:
        """Start the process that ends our containers should this one be killed."""
        if self._reaper is None:
            command = [sys.executable, "-I", "-S", str(_REAPER), str(daemon_socket()), harness_tag()]
            self._reaper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, cwd="/")
            weakref.finalize(self, _end, self._reaper)


def _end(reaper: subprocess.Popen[bytes]) -> None:
    if reaper.stdin is not None:
        reaper.stdin.close()
    reaper.kill()
    reaper.wait()
