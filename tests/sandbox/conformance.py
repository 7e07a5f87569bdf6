"""What every engine promises (codingagentbench.sandbox.base). A test module of an engine subclasses `Conformance`."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from codingagentbench.errors import SandboxError
from codingagentbench.sandbox.base import DOOR_PORT, Limits, Mount
from codingagentbench.sandbox.cgroups import make_group
from sandbox.place import Place, place

MIB = 1 << 20
DAEMON = """
import os
for session in (False, True):
    if session:
        os.setsid()
    if os.fork():
        os._exit(0)
os.execvp("sleep", ["sleep", "{}"])
"""
FORK_UNTIL_REFUSED = """
import os, time
made = 0
try:
    while made < 500:
        if os.fork() == 0:
            time.sleep(60)
        made += 1
except BlockingIOError:
    print(made, flush=True)
os._exit(0)
"""
FORK_BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""


class Conformance:
    """Tests by engine name."""

    engine = ""

    @pytest.fixture
    def here(self, tmp_path: Path) -> Place:
        return place(self.engine, tmp_path)

    @pytest.fixture
    def needs_cgroup(self) -> None:
        group = make_group()
        made = bool(group.folders)
        asyncio.run(group.remove())
        if not made:
            pytest.skip("no cgroup can be made by this user")

    async def test_exit_code_and_both_streams_come_back_apart(self, here: Place) -> None:
        ended = await here.shell("echo out; echo err >&2; exit 3")
        assert (ended.exit_code, ended.stdout, ended.stderr) == (3, b"out\n", b"err\n")
        assert (ended.timed_out, ended.signal, ended.dropped_bytes) == (False, None, 0)

    async def test_stdin_is_empty_without_a_terminal(self, here: Place) -> None:
        assert (await here.run("cat")).stdout == b""

    async def test_a_missing_program_is_exit_127_and_says_so(self, here: Place) -> None:
        ended = await here.run("no-such-program-here")
        assert ended.exit_code == 127
        assert b"no-such-program-here" in ended.stderr

    async def test_a_command_that_a_signal_ended_says_which(self, here: Place) -> None:
        ended = await here.shell("kill -SEGV $$")
        assert (ended.exit_code, ended.signal) == (128 + signal.SIGSEGV, signal.SIGSEGV)

    async def test_the_environment_is_the_one_given(self, here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOST_SECRET", "1")
        ended = await here.run("env", "-0", env={"A": "it's\n$HOME `id` \\", "PATH": "/usr/bin", "HOME": "/nowhere"})
        assert set(ended.stdout.split(b"\0")) - {b""} == {
            b"A=it's\n$HOME `id` \\",
            b"PATH=/usr/bin",
            b"HOME=/nowhere",
            next(v for v in ended.stdout.split(b"\0") if v.startswith(b"PWD=")),
        }

    async def test_path_and_home_are_set_where_they_lack(self, here: Place) -> None:
        ended = await here.shell('command -v ls >&2; cd "$HOME" && touch made')
        assert ended.exit_code == 0
        assert (here.home / "made").exists()

    async def test_arguments_arrive_as_they_were(self, here: Place) -> None:
        arguments = ["", " ", "it's", 'a"b', "$(id)", "new\nline", "-n", "*", os.fsdecode(b"\xff\xfe"), "x" * 100_000]
        ended = await here.run("printf", "%s\\0", *arguments)
        assert ended.stdout == b"".join(os.fsencode(a) + b"\0" for a in arguments)

    async def test_what_cannot_be_passed_on_is_refused(self, here: Place) -> None:
        for argv, env in ([[], {}], [["true"], {"a-b": "1"}], [["true", "a\0b"], {}], [["true"], {"A": "a\0b"}]):
            with pytest.raises(SandboxError, match="cannot be run"):
                await here.engine.run(here.spec(argv, env=env))  # type: ignore[arg-type]  # a list of mixed pairs

    async def test_it_starts_in_the_work_folder_and_writes_there(self, here: Place) -> None:
        ended = await here.shell("echo x >made; pwd")
        assert ended.exit_code == 0, ended.stderr
        assert (here.work / "made").read_text() == "x\n"

    async def test_mounts_are_seen_under_their_targets(self, here: Place) -> None:
        kit = here.root / "kit"
        kit.mkdir()
        (kit / "run.sh").write_text("#!/bin/sh\necho from-the-kit\n")
        (kit / "run.sh").chmod(0o755)
        ended = await here.run("/opt/cab/kit/run.sh", mounts=[Mount(kit, "/opt/cab/kit")])
        assert ended.stdout == b"from-the-kit\n"

    async def test_no_descriptor_of_the_harness_is_inherited(self, here: Place) -> None:
        for tty in (False, True):
            ended = await here.python("import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])", tty=tty)
            assert ended.stdout.strip() == b"[0, 1, 2]"

    async def test_the_time_limit_ends_it_from_outside(
        self, here: Place, marker: str, gone: Callable[[str], bool]
    ) -> None:
        code = f"trap '' TERM INT HUP; sleep {marker} & sleep {marker}; sleep {marker}"
        ended = await here.shell(code, limits=Limits(wall_s=0.3))
        assert (ended.timed_out, ended.exit_code, ended.signal) == (True, None, None)
        assert 0.3 <= ended.wall_s < 3
        assert gone(marker)

    async def test_it_can_be_stopped_from_outside_before_its_time(
        self, here: Place, marker: str, gone: Callable[[str], bool]
    ) -> None:
        stop = asyncio.Event()
        code = f"trap '' TERM INT HUP; echo up; sleep {marker} & sleep {marker}; sleep {marker}"
        running = asyncio.ensure_future(here.shell(code, stop=stop, tty=True, on_output=lambda _: stop.set()))
        ended = await asyncio.wait_for(running, 20)
        assert (ended.stopped, ended.timed_out, ended.exit_code, ended.signal) == (True, False, None, None)
        assert b"up" in ended.stdout
        assert gone(marker)

    async def test_a_stop_that_is_never_asked_for_changes_nothing(self, here: Place) -> None:
        ended = await here.shell("exit 3", stop=asyncio.Event())
        assert (ended.stopped, ended.exit_code) == (False, 3)

    @pytest.mark.usefixtures("needs_cgroup")
    async def test_a_daemon_is_dead_on_return(
        self, here: Place, marker: str, alive: Callable[[str], list[int]]
    ) -> None:
        ended = await here.python(DAEMON.format(marker))
        assert ended.exit_code == 0
        assert alive(marker) == []

    async def test_nothing_is_alive_after_a_cancellation(
        self, here: Place, marker: str, alive: Callable[[str], list[int]]
    ) -> None:
        running = asyncio.ensure_future(here.run("sleep", marker))
        while not alive(f"sleep\0{marker}\0"):  # noqa: ASYNC110  # another process is what is waited for
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert alive(marker) == []

    @pytest.mark.parametrize("after_s", [0, 0.002, 0.005, 0.008, 0.012, 0.02])
    async def test_a_cancellation_at_any_moment_leaves_nothing(
        self, here: Place, marker: str, after_s: float, gone: Callable[[str], bool]
    ) -> None:
        running = asyncio.ensure_future(here.shell(f"sleep {marker}", door=lambda door: door.close()))
        await asyncio.sleep(after_s)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert gone(marker)
        assert not [p for p in os.listdir("/proc/self/fd") if _target(p).startswith("/memfd:cab")]  # noqa: PTH208

    async def test_a_terminal_has_its_size_and_controls_the_command(self, here: Place) -> None:
        chunks: list[bytes] = []
        code = "stty size; test -t 0 && test -t 1 && test -t 2 && echo tty; echo direct >/dev/tty"
        ended = await here.shell(code, tty=True, on_output=chunks.append)
        assert ended.stdout == b"40 120\r\ntty\r\ndirect\r\n"
        assert (b"".join(chunks), ended.stderr) == (ended.stdout, b"")

    async def test_the_terminal_of_the_harness_is_out_of_reach(self, here: Place) -> None:
        ended = await here.shell("exec 3<>/dev/tty")
        assert ended.exit_code != 0

    @pytest.mark.parametrize("tty", [False, True])
    async def test_output_over_the_cap_is_counted_and_drained(self, here: Place, *, tty: bool) -> None:
        limits = Limits(wall_s=60, output_bytes=MIB)
        ended = await here.shell("head -c 100000000 /dev/zero; echo end >&2", limits=limits, tty=tty)
        assert ended.exit_code == 0
        assert (len(ended.stdout), len(ended.stdout) + len(ended.stderr) + ended.dropped_bytes) == (
            MIB,
            100_000_004 + tty,
        )

    async def test_an_error_of_the_recorder_is_raised_at_the_end(self, here: Place) -> None:
        def full(_: bytes) -> None:
            raise OSError(28, "No space left on device")

        with pytest.raises(OSError, match="No space left"):
            await here.shell("echo x; echo y", tty=True, on_output=full)

    async def test_the_door_serves_what_runs_inside(self, here: Place) -> None:
        served: list[asyncio.Server] = []
        tasks: list[asyncio.Task[None]] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"pong:" + await reader.readline())
            await writer.drain()
            writer.close()

        async def serve(door: socket.socket) -> None:
            served.append(await asyncio.start_server(answer, sock=door))

        code = (
            f"import socket; s = socket.create_connection(('127.0.0.1', {DOOR_PORT})); s.sendall(b'ping\\n');"
            "print(s.makefile().readline(), end='')"
        )
        for _ in range(2):
            ended = await here.python(code, door=lambda door: tasks.append(asyncio.ensure_future(serve(door))))
            assert (ended.stdout, ended.stderr) == (b"pong:ping\n", b"")
            await asyncio.gather(*tasks)
            served.pop().close()

    async def test_the_door_is_there_before_the_command_starts(self, here: Place) -> None:
        doors: list[socket.socket] = []
        code = f"import socket; socket.create_connection(('127.0.0.1', {DOOR_PORT})).close()"
        ended = await here.python(code, door=doors.append)
        doors[0].close()
        assert ended.exit_code == 0, ended.stderr

    async def test_a_command_whose_door_failed_never_ran(self, here: Place) -> None:
        def refuse(door: socket.socket) -> None:
            door.close()
            msg = "the gateway is full"
            raise SandboxError(msg)

        with pytest.raises(SandboxError, match="the gateway is full"):
            await here.shell("touch ran", door=refuse)
        await asyncio.sleep(0.05)
        assert not (here.work / "ran").exists()

    async def test_a_file_over_its_limit_is_cut_off(self, here: Place) -> None:
        limits = Limits(wall_s=30, file_bytes=MIB)
        ended = await here.shell("head -c 2000000 /dev/zero >large", limits=limits)
        assert ended.exit_code != 0
        assert (here.work / "large").stat().st_size == MIB

    async def test_there_are_no_core_dumps(self, here: Place) -> None:
        assert (await here.shell("ulimit -c; ulimit -H -c")).stdout == b"0\n0\n"

    @pytest.mark.usefixtures("needs_cgroup")
    async def test_a_memory_hog_is_killed_and_reported(self, here: Place) -> None:
        limits = Limits(wall_s=30, memory_bytes=64 * MIB)
        ended = await here.python("x = bytearray(1 << 30)", limits=limits)
        assert (ended.out_of_memory, ended.exit_code) == (True, 137)
        assert 32 * MIB < (ended.peak_memory_bytes or 0) <= 64 * MIB
        assert "cgroup" in ended.enforced["memory"]

    @pytest.mark.usefixtures("needs_cgroup")
    async def test_processes_over_the_limit_cannot_be_made(self, here: Place) -> None:
        ended = await here.python(FORK_UNTIL_REFUSED, limits=Limits(wall_s=20, pids=30))
        assert 20 <= int(ended.stdout) <= 30
        assert "pids" in ended.enforced

    @pytest.mark.usefixtures("needs_cgroup")
    async def test_a_fork_bomb_ends_with_its_time(
        self, here: Place, marker: str, alive: Callable[[str], list[int]]
    ) -> None:
        limits = Limits(wall_s=0.7, pids=60)
        running = asyncio.ensure_future(here.run("/usr/bin/python3", "-c", FORK_BOMB, marker, limits=limits))
        await asyncio.sleep(0.6)
        assert len(alive(marker)) <= 60
        assert (await running).timed_out
        assert alive(marker) == []

    @pytest.mark.usefixtures("needs_cgroup")
    async def test_processor_time_is_counted_and_limited(self, here: Place) -> None:
        code = "import time\nend = time.time() + 1\nwhile time.time() < end: pass"
        ended = await here.python(code, limits=Limits(wall_s=30, cpus=0.25))
        assert ended.cpu_s is not None
        assert 0.05 < ended.cpu_s < 0.6

    async def test_runs_at_the_same_time_do_not_meet(self, here: Place) -> None:
        code = "cat mine; sleep 0.1; cat mine"
        specs = []
        for number in range(6):
            work = here.root / f"work-{number}"
            work.mkdir()
            (work / "mine").write_text(f"{number};")
            specs.append(replace(here.spec(["/bin/sh", "-c", code]), work=work))
        ended = await asyncio.gather(*(here.engine.run(s) for s in specs))
        assert [e.stdout for e in ended] == [f"{n};{n};".encode() for n in range(6)]

    async def test_nothing_is_left_of_its_cgroups_and_descriptors(self, here: Place) -> None:
        await here.run("true", door=lambda door: door.close())
        before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208  # names only
        for tty in (False, True):
            await here.run("true", tty=tty, door=lambda door: door.close())
        assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208  # names only
        assert not own_cgroups()

    async def test_it_names_itself_for_the_record(self, here: Place) -> None:
        assert here.engine.name == self.engine
        assert here.engine.version()


def own_cgroups() -> list[Path]:
    return list(Path("/sys/fs/cgroup").glob(f"**/cab-{os.getpid()}-*"))


def _target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115  # not a path
    except FileNotFoundError:
        return ""
