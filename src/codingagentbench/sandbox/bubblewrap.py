"""The embedded engine: bubblewrap. No network but the door, read-only system, private HOME and /tmp, non-root.

As root no user namespace is made: bwrap mounts as root (a toolchain may lie below a folder that only root may pass)
and the command drops to an unprivileged uid that nothing else on the machine has. As an ordinary user everything
happens in a user namespace.
"""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from functools import cached_property
from pathlib import Path

from codingagentbench.errors import SandboxError, SetupError
from codingagentbench.sandbox.base import DOOR_PORT, HOME, WORK, SandboxExit, SandboxSpec
from codingagentbench.sandbox.door import DoorOpener
from codingagentbench.sandbox.limits import Group, make_group, set_rlimits, sweep_leftovers
from codingagentbench.sandbox.process import Started, start

ROOT_MODE_UID = 61_000
USER_MODE_UID = 1_000
_TMP_BYTES = 1 << 30
_SETUP_TIMEOUT_S = 30.0
# What programs need of /etc to start at all; nothing that names users, hosts or networks of this machine.
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "ssl/certs", "localtime")
_ETC_GLOBS = ("java-*", "python3*")
_USERNS_HINT = (
    " (are unprivileged user namespaces allowed? "
    "sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"
)
_SETPRIV = (
    "/usr/bin/setpriv",
    "--reuid={uid}",
    "--regid={uid}",
    "--clear-groups",
    "--no-new-privs",
    "--inh-caps=-all",
    "--ambient-caps=-all",
    "--bounding-set=-all",
    "--",
)


class Bubblewrap:
    """One engine for a whole sweep; any number of runs at a time."""

    name = "bubblewrap"
    isolated = True

    def __init__(self) -> None:
        self._root = os.geteuid() == 0
        self._uid = ROOT_MODE_UID if self._root else USER_MODE_UID
        self._doors = DoorOpener()
        weakref.finalize(self, self._doors.close)
        sweep_leftovers()

    @cached_property
    def _program(self) -> str:
        found = shutil.which("bwrap")
        if found is None:
            msg = (
                "bubblewrap is not installed: install it (Debian/Ubuntu: apt-get install bubblewrap), "
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

    def preflight(self) -> None:
        """Run `true` once. Raises SetupError with bwrap's own words and what to do."""
        command = [self._program, *self._system_arguments(), "true"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SETUP_TIMEOUT_S)
        if done.returncode != 0:
            hint = "" if self._root else _USERNS_HINT
            msg = f"bubblewrap cannot make a sandbox here: {done.stderr.strip()}{hint}"
            raise SetupError(msg)

    async def run(self, spec: SandboxSpec) -> SandboxExit:
        """See Sandbox.run."""
        if self._root:
            await asyncio.to_thread(_give_to, self._uid, spec.work, spec.home)
        group = make_group(spec.limits)
        try:
            return await self._run_in(group, spec)
        finally:
            group.kill()
            await asyncio.to_thread(group.remove)

    async def _run_in(self, group: Group, spec: SandboxSpec) -> SandboxExit:
        arguments = self._arguments_file(spec)
        status, status_end = os.pipe2(os.O_CLOEXEC)
        block_end, block = os.pipe2(os.O_CLOEXEC)
        held = [arguments, status_end, block_end]
        command = [
            self._program,
            *("--args", str(arguments), "--json-status-fd", str(status_end), "--block-fd", str(block_end)),
            *self._drop_privileges(),
            *spec.argv,
        ]
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", **spec.env, "HOME": HOME}
        try:
            started = await start(command, env, spec, held)
        except BaseException:
            os.close(status)
            os.close(block)
            raise
        finally:
            for descriptor in held:
                os.close(descriptor)
        with os.fdopen(status, "rb", buffering=0) as status_file:
            try:
                return await self._hold_and_run(started, status_file.fileno(), block, group, spec)
            finally:
                os.close(block)
                await _kill(started, None)
                started.close()

    async def _hold_and_run(
        self, started: Started, status: int, block: int, group: Group, spec: SandboxSpec
    ) -> SandboxExit:
        """bwrap waits before the command: meanwhile it gets its limits and its door."""
        child = await _child_pid(started, status)
        try:
            set_rlimits(child, spec.limits)
            group.add(child)
        except OSError as error:
            msg = f"the sandbox's limits could not be set: {error}"
            raise SandboxError(msg) from error
        if spec.door is not None:
            spec.door(await self._doors.open(child, DOOR_PORT))
        began = time.monotonic()
        os.write(block, b"x")
        timed_out = await started.wait(spec.limits.wall_s)
        wall_s = time.monotonic() - began
        await _kill(started, child)
        await started.drained()
        return _exit(started, group, status, wall_s, timed_out=timed_out)

    def _drop_privileges(self) -> list[str]:
        return [a.format(uid=self._uid) for a in _SETPRIV] if self._root else []

    def _arguments_file(self, spec: SandboxSpec) -> int:
        """bwrap's arguments through a descriptor: on the command line the agent could read the host's paths."""
        arguments = [
            *self._system_arguments(),
            *("--bind", str(spec.work), WORK, "--bind", str(spec.home), HOME),
        ]
        for parent in sorted({str(p) for m in spec.mounts for p in Path(m.target).parents if p != Path("/")}):
            arguments += _readable(parent)
        for mount in spec.mounts:
            arguments += ["--bind" if mount.writable else "--ro-bind", str(mount.source), mount.target]
        arguments += ["--chdir", WORK]
        descriptor = os.memfd_create("bwrap-args", os.MFD_CLOEXEC)
        os.write(descriptor, b"".join(os.fsencode(a) + b"\0" for a in arguments))
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    def _system_arguments(self) -> list[str]:
        return self._namespaces + self._system_view

    @cached_property
    def _namespaces(self) -> list[str]:
        always = ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        always += ["--die-with-parent", "--new-session", "--hostname", "sandbox"]
        if self._root:
            keep = [a for cap in ("SETUID", "SETGID", "SETPCAP") for a in ("--cap-add", f"CAP_{cap}")]
            return [*always, "--cap-drop", "ALL", *keep]
        return [*always, "--unshare-user", "--uid", str(self._uid), "--gid", str(self._uid)]

    @cached_property
    def _system_view(self) -> list[str]:
        view = ["--ro-bind", "/usr", "/usr", *_readable("/etc"), *_readable("/home")]
        for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
            place = Path("/") / name
            if place.is_symlink():
                view += ["--symlink", str(place.readlink()), str(place)]
            elif place.is_dir():
                view += ["--ro-bind", str(place), str(place)]
        etc = [Path("/etc") / name for name in _ETC] + [p for g in _ETC_GLOBS for p in sorted(Path("/etc").glob(g))]
        for place in etc:
            view += ["--ro-bind-try", str(place), str(place)]
        for place in sorted(self._made_etc.iterdir()):
            view += ["--ro-bind", str(place), f"/etc/{place.name}"]
        view += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", str(_TMP_BYTES), "--tmpfs"]
        return [*view, "/tmp"]  # noqa: S108  # the sandbox's own

    @cached_property
    def _made_etc(self) -> Path:
        """The few files of /etc that are made up, so that the machine's own are not shown."""
        folder = Path(tempfile.mkdtemp(prefix="cab-etc-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        agent = f"agent:x:{self._uid}:{self._uid}:agent:{HOME}:/bin/sh"
        files = {
            "passwd": f"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n{agent}\n",
            "group": f"root:x:0:\nagent:x:{self._uid}:\n",
            "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
            "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        }
        for name, text in files.items():
            (folder / name).write_text(text)
        folder.chmod(0o755)
        return folder


def _readable(folder: str) -> list[str]:
    """A folder that everybody may pass; the ones that bwrap makes on its own are for root alone."""
    return ["--perms", "0755", "--dir", folder]


async def _child_pid(started: Started, status: int) -> int:
    """The pid of the sandbox's first process, once its namespaces are made. Raises SandboxError with bwrap's words."""
    line = b""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _SETUP_TIMEOUT_S
    os.set_blocking(status, False)
    while not line.endswith(b"\n"):
        readable = asyncio.Event()
        loop.add_reader(status, readable.set)
        try:
            await asyncio.wait_for(readable.wait(), max(0.0, deadline - loop.time()))
        except TimeoutError as error:
            msg = f"bubblewrap did not come up within {_SETUP_TIMEOUT_S:g} s"
            raise SandboxError(msg) from error
        finally:
            loop.remove_reader(status)
        chunk = os.read(status, 4096)
        if not chunk:
            await started.drained()
            words = bytes((started.err or started.out).sink.kept).decode("utf-8", "replace").strip()
            msg = f"bubblewrap could not make the sandbox: {words or 'it said nothing'}"
            raise SandboxError(msg)
        line += chunk
    return int(json.loads(line.splitlines()[0])["child-pid"])


async def _kill(started: Started, child: int | None) -> None:
    """Kill the namespace's first process, with which the kernel kills all others, then bwrap; wait for the end."""
    if started.process.returncode is not None:
        return
    if child is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        started.process.kill()
    await asyncio.shield(started.process.wait())


def _exit(started: Started, group: Group, status: int, wall_s: float, *, timed_out: bool) -> SandboxExit:
    usage = group.usage()
    code = _exit_code(status)
    if code is None and not timed_out and not usage.out_of_memory:
        words = bytes((started.err or started.out).sink.kept)[-2000:].decode("utf-8", "replace").strip()
        msg = f"bubblewrap ended before the command did: {words or 'it said nothing'}"
        raise SandboxError(msg)
    sink, err = started.out.sink, started.err.sink if started.err else None
    return SandboxExit(
        exit_code=None if timed_out else code,
        timed_out=timed_out,
        signal=code - 128 if code is not None and code > 128 else None,  # noqa: PLR2004  # the shells' convention
        wall_s=wall_s,
        cpu_s=usage.cpu_s,
        peak_memory_bytes=usage.peak_memory_bytes,
        out_of_memory=usage.out_of_memory,
        stdout=bytes(sink.kept),
        stderr=bytes(err.kept) if err else b"",
        dropped_bytes=sink.dropped + (err.dropped if err else 0),
        enforced=group.enforced,
        not_enforced=tuple(group.not_enforced),
    )


def _exit_code(status: int) -> int | None:
    """From bwrap's last status line, which it writes only when the command has run."""
    with contextlib.suppress(BlockingIOError):
        for line in os.read(status, 4096).splitlines():
            code = json.loads(line).get("exit-code")
            if isinstance(code, int):
                return code
    return None


def _give_to(uid: int, *folders: Path) -> None:
    """Change the owner of everything below, links themselves instead of what they point to."""
    for folder in folders:
        os.chown(folder, uid, uid)
        for here, folders_in, files in os.walk(os.fsencode(folder), followlinks=False):
            for name in itertools.chain(folders_in, files):
                os.lchown(here + b"/" + name, uid, uid)
