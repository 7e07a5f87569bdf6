"""The embedded engine: bubblewrap. No network but the door, read-only system, private HOME and /tmp, non-root.

As root no user namespace is made: bwrap mounts as root (a toolchain may lie below a folder that only root may pass)
and the command drops to an unprivileged uid that nothing else on the machine has. As an ordinary user everything
happens in a user namespace. docs/decisions/sandbox.md has the reasons and the figures.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import weakref
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import DOOR_PORT, HOME, SandboxExit, SandboxSpec
from codingagentbench.sandbox.cgroups import held_by_cgroups, sweep_leftovers
from codingagentbench.sandbox.disk import DiskWatch, watching
from codingagentbench.sandbox.door import DoorOpener
from codingagentbench.sandbox.gate import RELEASE, SHELL, orders
from codingagentbench.sandbox.limits import Enforcement, enforcement
from codingagentbench.sandbox.ownership import UIDS, Uids, give_to
from codingagentbench.sandbox.process import Started, start, to_the_end
from codingagentbench.sandbox.run import SETUP_TIMEOUT_S, Run
from codingagentbench.sandbox.seccomp import filter_program
from codingagentbench.sandbox.userns import why_refused
from codingagentbench.sandbox.view import PACKAGE, made_etc, spec_view, system_view

if TYPE_CHECKING:  # an engine alone needs nothing but the standard library
    from codingagentbench.catalog.toolchain import Toolchain
    from codingagentbench.sandbox.toolchains import FoundToolchain

USER_MODE_UID = 1_000
DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
_NAMESPACES = ("net", "pid", "ipc", "uts", "cgroup")
# What bwrap's child keeps until setpriv drops the rest: to change uid, and to pass into a work folder of mode 0700.
_KEPT = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_DAC_READ_SEARCH")
_SETPRIV = (
    "/usr/bin/setpriv --reuid={uid} --regid={uid} --clear-groups --no-new-privs "
    "--inh-caps=-all --ambient-caps=-all --bounding-set=-all --"
)


class Bubblewrap:
    """One engine for a whole sweep; any number of runs at a time. `hidden` folders are never in view."""

    name = "bubblewrap"
    isolated = True

    def __init__(self, hidden: Sequence[Path] = ()) -> None:
        self._root = os.geteuid() == 0
        self._hidden = [Path(os.path.realpath(p)) for p in (PACKAGE, *hidden)]
        self._doors = DoorOpener()
        self._uids = Uids()
        weakref.finalize(self, self._doors.close)
        sweep_leftovers()

    @cached_property
    def _program(self) -> str:
        found = shutil.which("bwrap")
        if found is None:
            msg = (
                "bubblewrap is not installed: install bubblewrap (Debian/Ubuntu: apt-get install bubblewrap), "
                "or run without isolation and not citable: --sandbox none"
            )
            raise SetupError(msg)
        return found

    @cached_property
    def _version(self) -> str:
        done = subprocess.run([self._program, "--version"], capture_output=True, text=True, check=False)
        return done.stdout.strip().removeprefix("bubblewrap ")

    def version(self) -> str:
        """bwrap's own version."""
        return self._version

    def capabilities(self) -> frozenset[str]:
        """What is enforced here: the rest is said in every record's `not_enforced`."""
        always = {"wall", "no-network", "non-root", "read-only-root", "file-size", "disk-limit"}
        seccomp = {"seccomp"} if filter_program() else set()
        return frozenset(always | seccomp | held_by_cgroups() | {"pids"})

    def find_toolchain(self, entry: "Toolchain") -> "FoundToolchain":
        """This machine's own. Raises MissingToolchainError."""
        from codingagentbench.sandbox.toolchains import find_toolchain  # noqa: PLC0415  # the catalogue's machinery

        return find_toolchain(entry)

    def image(self, toolchains: Sequence[str]) -> None:  # noqa: ARG002  # the protocol's
        """None: the system's folders are this machine's."""
        return

    def preflight(self) -> None:
        """Run `true` once, as a cell would. Raises SetupError with bwrap's own words and what to do."""
        uid = UIDS[0] if self._root else USER_MODE_UID
        command = [self._program, *self._namespaces(uid), *self._system, "--", *self._drop(uid), "/usr/bin/true"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SETUP_TIMEOUT_S)
        if done.returncode != 0:
            words = " ".join(done.stderr.split())
            msg = f"bubblewrap cannot make a sandbox here: {words}: {why_refused(root=self._root)}"
            raise SetupError(msg)

    async def run(self, spec: SandboxSpec) -> SandboxExit:
        """See Sandbox.run. Raises OSError where `spec.on_output` did."""
        script = orders(spec.argv, {"PATH": DEFAULT_PATH, "HOME": HOME, **spec.env}, tty=spec.tty)
        with self._uids.one() if self._root else contextlib.nullcontext(USER_MODE_UID) as uid:
            if self._root:
                await asyncio.to_thread(give_to, uid, spec.work, spec.home)
            held = enforcement(spec.limits, own_uid=True)
            _note_walls(held)
            try:
                async with watching(spec) as watch:
                    return watch.told(await self._run(Run(watch.spec, held, uid), watch, script))
            finally:
                await to_the_end(held.group.remove())

    async def _run(self, run: Run, watch: DiskWatch, script: bytes) -> SandboxExit:
        try:
            self._start(run)
            await to_the_end(run.find_child())
            run.bind()
            watch.first = lambda: run.child
            run.control.send(RELEASE)  # bwrap goes on and drops its privileges while the door is made
            if run.spec.door is not None:
                run.spec.door(await self._doors.open(run.child, DOOR_PORT))
            timed_out, wall_s = await run.command(script)
            await to_the_end(run.stop())
            return run.exit(wall_s, timed_out=timed_out)
        finally:
            await to_the_end(run.stop())
            run.close()

    def _start(self, run: Run) -> None:
        block = os.dup(run.control.read)
        with _files(made_etc(run.uid)) as etc, _files({"seccomp": filter_program() or b""}) as filters:
            status, status_end = os.pipe2(os.O_CLOEXEC)
            run.status = status
            arguments = [*self._namespaces(run.uid), *self._system]
            arguments += [a for path, fd in etc.items() for a in ("--perms", "0644", "--file", str(fd), path)]
            arguments += spec_view(run.spec, self._hidden)
            arguments += ["--json-status-fd", str(status_end), "--block-fd", str(block)]
            arguments += ["--seccomp", str(filters["seccomp"])] if filter_program() else []
            held = [status_end, block, *etc.values(), *filters.values()]
            try:
                run.started = self._popen(run, arguments, held)
            finally:
                os.close(status_end)
                os.close(block)

    def _popen(self, run: Run, arguments: list[str], held: list[int]) -> Started:
        """bwrap's arguments go through a descriptor: on the command line they would show the host's paths."""
        with _files({"arguments": b"".join(os.fsencode(a) + b"\0" for a in arguments)}) as files:
            own = [self._program, "--args", str(files["arguments"]), "--", *self._drop(run.uid), SHELL]
            return start(
                run.held.group.joining(own),
                run.control,
                tty=run.spec.tty,
                limit=run.spec.limits.output_bytes,
                on_output=run.spec.on_output,
                pass_fds=[*held, *files.values()],
            )

    def _drop(self, uid: int) -> list[str]:
        return _SETPRIV.format(uid=uid).split() if self._root else []

    def _namespaces(self, uid: int) -> list[str]:
        arguments = [f"--unshare-{kind}" for kind in _NAMESPACES]
        arguments += ["--die-with-parent", "--hostname", "sandbox", "--clearenv"]
        if self._root:
            return [*arguments, "--cap-drop", "ALL", *(a for cap in _KEPT for a in ("--cap-add", cap))]
        return [*arguments, "--unshare-user", "--uid", str(uid), "--gid", str(uid)]

    @cached_property
    def _system(self) -> list[str]:
        return system_view()


def _note_walls(held: Enforcement) -> None:
    """What bubblewrap's own options hold, in the words that the docker engine uses."""
    held.enforced["network"] = "none but the door"
    held.enforced["capabilities"] = "none, and no new privileges"
    held.enforced["root file system"] = "read-only"
    if filter_program():
        held.enforced["system calls"] = "seccomp: no foreign sockets, keyrings, user namespaces, mounts, BPF, io_uring"
    else:
        held.not_enforced.append("system calls: no seccomp table for this processor")


@contextlib.contextmanager
def _files(contents: dict[str, bytes]) -> Iterator[dict[str, int]]:
    """Descriptors of files in memory, each at its start."""
    descriptors: dict[str, int] = {}
    try:
        for name, content in contents.items():
            descriptors[name] = os.memfd_create("cab", os.MFD_CLOEXEC)
            os.write(descriptors[name], content)
            os.lseek(descriptors[name], 0, os.SEEK_SET)
        yield descriptors
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)
