"""Hostile commands in a real bubblewrap sandbox."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from codingagentbench.errors import SandboxError, SetupError
from codingagentbench.sandbox.base import Limits, Mount
from codingagentbench.sandbox.bubblewrap import Bubblewrap
from codingagentbench.sandbox.engines import engine
from codingagentbench.sandbox.userns import why_refused
from sandbox.place import Place

HIDDEN = "the-hidden-tests"


@pytest.fixture
def listener() -> Iterator[int]:
    """A port of the host's loopback where something answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def status(text: bytes) -> dict[str, str]:
    return {k: v.strip() for k, _, v in (line.partition(":") for line in text.decode().splitlines())}


async def test_it_has_no_capability_no_new_privileges_and_is_not_root(box: Place) -> None:
    seen = status((await box.shell("cat /proc/self/status")).stdout)
    assert {seen[c] for c in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (seen["NoNewPrivs"], seen["Seccomp"]) == ("1", "2")
    assert all(int(uid) >= 1000 for uid in seen["Uid"].split() + seen["Gid"].split())


async def test_no_supplementary_group_of_the_user_is_kept_as_root(box: Place) -> None:
    if os.geteuid():
        pytest.skip("only root changes groups")
    assert len((await box.run("id", "-G")).stdout.split()) == 1


async def test_the_users_home_is_not_there(box: Place) -> None:
    ended = await box.shell(f"ls -d {Path.home()} /var /srv /mnt /media /boot /sys /run")
    assert (ended.stdout, ended.exit_code) == (b"", 2)
    assert (await box.run("ls", "/home")).stdout == b"agent\n"


async def test_what_lies_beside_the_work_folder_is_not_there(box: Place) -> None:
    (box.root / HIDDEN).write_text("solution")
    ended = await box.shell(f"find / -name '{HIDDEN}*' 2>/dev/null; cat {box.root}/{HIDDEN} /work/../{HIDDEN}")
    assert ended.stdout == b""


async def test_a_link_out_of_the_work_folder_leads_nowhere_and_keeps_its_owner(box: Place) -> None:
    secret = box.root / HIDDEN
    secret.write_text("solution")
    before = secret.stat()
    (box.work / "link").symlink_to(secret)
    (box.work / "folder").symlink_to(box.root)
    assert (await box.shell("cat link folder/*")).stdout == b""
    assert (secret.stat().st_uid, secret.stat().st_ctime_ns) == (before.st_uid, before.st_ctime_ns)


async def test_a_hidden_folder_is_empty_even_inside_something_in_view(tmp_path: Path, box: Place) -> None:
    kit = tmp_path / "kit"
    (kit / "catalog").mkdir(parents=True)
    (kit / "catalog" / HIDDEN).write_text("solution")
    box.engine = Bubblewrap(hidden=[kit / "catalog"])
    ended = await box.shell(
        "ls -A /opt/kit /opt/kit/catalog; touch /opt/kit/catalog/x", mounts=[Mount(kit, "/opt/kit")]
    )
    assert ended.stdout == b"/opt/kit:\ncatalog\n\n/opt/kit/catalog:\n"
    assert ended.exit_code != 0


async def test_it_cannot_write_outside_work_home_and_tmp(box: Place, tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    kit.mkdir(mode=0o777)
    kit.chmod(0o777)
    places = "/ /usr /usr/bin /usr/local /etc /home /opt /opt/kit /dev /proc /proc/sys/kernel /etc/ssl"
    code = (
        f"for p in {places}; do touch $p/made 2>/dev/null && echo $p; done; echo x >/etc/passwd; echo x >/usr/bin/env"
    )
    ended = await box.shell(code, mounts=[Mount(kit, "/opt/kit")])
    assert ended.stdout == b""
    assert ended.exit_code != 0
    assert (await box.shell("touch /tmp/a /work/a /home/agent/a /dev/shm/a")).exit_code == 0


async def test_a_writable_mount_is_writable(box: Place, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    ended = await box.run("touch", "/opt/cache/made", mounts=[Mount(cache, "/opt/cache", writable=True)])
    assert ended.exit_code == 0
    assert (cache / "made").exists()


async def test_settings_of_the_kernel_cannot_be_written(box: Place) -> None:
    ended = await box.shell("echo x >/proc/sys/kernel/hostname; echo 1 >/proc/self/oom_score_adj; date -s 2001-01-01")
    assert b"Read-only" in ended.stderr or b"denied" in ended.stderr
    assert b"date: cannot set date" in ended.stderr


async def test_scratch_space_in_memory_is_bounded(box: Place) -> None:
    ended = await box.shell("head -c 400000000 /dev/zero >/dev/shm/x; stat -c %s /dev/shm/x")
    assert int(ended.stdout) == 256 << 20
    assert b"No space left" in ended.stderr


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("a service of the host", "socket.create_connection(('127.0.0.1', {port}), 2)"),
        ("an address elsewhere", "socket.create_connection(('192.0.2.1', 80), 2)"),
        ("the metadata address", "socket.create_connection(('169.254.169.254', 80), 2)"),
        ("the name service", "socket.getaddrinfo('example.org', 80)"),
        ("a raw socket", "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)"),
        ("a packet socket", "socket.socket(17, socket.SOCK_RAW)"),
        ("the virtual machine's host", "socket.socket(40, socket.SOCK_STREAM)"),
        ("the kernel's ciphers", "socket.socket(38, socket.SOCK_SEQPACKET)"),
        ("an abstract socket of the host", "s = socket.socket(socket.AF_UNIX); s.connect('\\0cab-test-{port}')"),
    ],
)
async def test_there_is_no_network(box: Place, listener: int, what: str, code: str) -> None:
    with socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0cab-test-{listener}")
        abstract.listen()
        program = f"import socket\ntry:\n {code.format(port=listener)}\nexcept OSError as e:\n print('refused', e)"
        ended = await box.python(program)
    assert ended.stdout.startswith(b"refused"), (what, ended.stderr)


async def test_its_only_interface_is_the_loopback(box: Place) -> None:
    lines = (await box.run("cat", "/proc/net/dev")).stdout.splitlines()[2:]
    assert [line.split(b":")[0].strip() for line in lines] == [b"lo"]


async def test_it_sees_no_process_but_its_own_and_signals_none(box: Place) -> None:
    code = f"ls -d /proc/[0-9]* | wc -l; kill -0 {os.getpid()} 2>/dev/null && echo reached; kill -9 1; echo alive"
    ended = await box.shell(code)
    count, *rest = ended.stdout.split()
    assert int(count) <= 5
    assert rest == [b"alive"]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("a user namespace", "libc.unshare(0x10000000)"),
        ("a mount", "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)"),
        ("a keyring", "libc.syscall({'x86_64': 250, 'aarch64': 219}[platform.machine()], 0, -3, 1)"),
        ("a BPF program", "libc.syscall({'x86_64': 321, 'aarch64': 280}[platform.machine()], 0, 0, 0)"),
    ],
)
async def test_it_cannot_make(box: Place, name: str, call: str) -> None:
    program = (
        "import ctypes, errno, platform\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"print({call}, errno.errorcode[ctypes.get_errno()])"
    )
    assert (await box.python(program)).stdout == b"-1 EPERM\n", name


async def test_threads_and_processes_work_under_the_filter(box: Place) -> None:
    program = (
        "import threading, subprocess, multiprocessing as m\nt = threading.Thread(target=print, args=('thread',))\n"
        "t.start(); t.join()\nprint(subprocess.check_output(['echo', 'process']))\nprint(m.Pool(2).map(abs, [-1, 2]))"
    )
    ended = await box.python(program)
    assert (ended.stdout, ended.stderr) == (b"thread\nb'process\\n'\n[1, 2]\n", b"")


async def test_nothing_names_the_host(box: Place) -> None:
    ended = await box.shell("hostname; cat /etc/passwd /etc/hosts /etc/group; ls /etc/resolv.conf /etc/machine-id")
    assert ended.stdout.startswith(b"sandbox\n")
    assert {line.split(b":")[0] for line in ended.stdout.splitlines() if b":x:" in line} == {b"root", b"agent"}
    assert len(ended.stderr.splitlines()) == 2


async def test_the_command_line_shows_no_path_of_the_host(box: Place) -> None:
    assert str(box.root).encode() not in (await box.shell("cat /proc/*/cmdline")).stdout


async def test_a_private_work_folder_with_odd_names_is_handed_over(box: Place) -> None:
    deep = box.work
    for _ in range(60):
        deep /= "d" * 50
    os.makedirs(deep)  # noqa: PTH103  # as long as a path may be
    (box.work / os.fsdecode(b"\xff\nname")).write_text("odd")
    box.work.chmod(0o700)
    box.home.chmod(0o700)
    ended = await box.shell('find . -type d | wc -l; cat *name; rm -r d*; touch "$HOME/x"')
    assert ended.stdout == b"61\nodd"
    assert (ended.exit_code, ended.stderr) == (0, b"")


async def test_two_runs_at_a_time_have_different_uids(box: Place) -> None:
    if os.geteuid():
        pytest.skip("an ordinary user has one uid")
    ended = await asyncio.gather(*(box.shell("id -u; sleep 0.1") for _ in range(4)))
    assert len({e.stdout for e in ended}) == 4


async def test_a_mount_that_is_not_there_is_an_error_with_its_name(box: Place) -> None:
    with pytest.raises(SandboxError, match="no-such-kit"):
        await box.run("true", mounts=[Mount(box.root / "no-such-kit", "/opt/kit")])


async def test_a_set_up_that_fails_leaves_nothing_open(box: Place) -> None:
    await box.run("true", door=lambda door: door.close())
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # names only
    for _ in range(3):
        with pytest.raises(SandboxError):
            await box.run("true", mounts=[Mount(box.root / "missing", "/opt/kit")])
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208  # names only


async def test_what_holds_is_said(box: Place) -> None:
    ended = await box.run("true", limits=Limits(wall_s=5, cpus=1))
    assert {"wall", "file size", "system calls"} <= set(ended.enforced)
    named = " ".join([*ended.enforced, *ended.not_enforced])
    assert all(word in named for word in ("memory", "pids", "cpu"))


async def test_the_helper_that_was_lost_is_started_again(box: Place) -> None:
    assert isinstance(box.engine, Bubblewrap)
    await box.run("true", door=lambda door: door.close())
    helper = box.engine._doors._process
    assert helper is not None
    helper.kill()
    helper.wait()
    with pytest.raises(SandboxError, match="door could not be made"):
        await box.run("true", door=lambda door: door.close())
    assert (await box.run("true", door=lambda door: door.close())).exit_code == 0


def test_it_works_on_a_loop_in_another_thread(box: Place) -> None:
    codes: list[int | None] = []
    thread = threading.Thread(target=lambda: codes.append(asyncio.run(box.run("true")).exit_code))
    thread.start()
    thread.join()
    assert codes == [0]


def test_a_machine_without_bubblewrap_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SetupError, match=r"apt-get install bubblewrap.*--sandbox none") as caught:
        engine("bubblewrap").preflight()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("user/max_user_namespaces", "0", "user.max_user_namespaces="),
        ("user/max_user_namespaces", "15000", "seccomp profile"),
    ],
)
def test_the_setting_that_forbids_user_namespaces_is_named(
    tmp_path: Path, setting: str, value: str, words: str
) -> None:
    (tmp_path / setting).parent.mkdir()
    (tmp_path / setting).write_text(value + "\n")
    assert words in why_refused(root=False, sysctls=tmp_path)
