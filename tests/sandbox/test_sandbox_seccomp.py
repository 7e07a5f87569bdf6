"""The system-call filter, run by an interpreter of classic BPF; the real kernel runs it in test_sandbox_bubblewrap."""

import errno
import platform
import struct

import pytest

from codingagentbench.sandbox import seccomp
from codingagentbench.sandbox.seccomp import filter_program

ALLOWED = 0x7FFF0000
X86, ARM = 0xC000003E, 0xC00000B7


def refused(number: int) -> int:
    return 0x00050000 | number


def verdict(program: bytes, arch: int, call: int, argument: int = 0) -> int:
    """What the kernel would answer: struct seccomp_data is call, arch, instruction pointer, six arguments."""
    data = struct.pack("<IIQ6Q", call, arch, 0, argument, 0, 0, 0, 0, 0)
    steps = list(struct.iter_unpack("=HBBI", program))
    place = accumulator = 0
    while True:
        code, if_true, if_false, value = steps[place]
        place += 1
        match code:
            case 0x20:
                accumulator = struct.unpack_from("<I", data, value)[0]
            case 0x15:
                place += if_true if accumulator == value else if_false
            case 0x35:
                place += if_true if accumulator >= value else if_false
            case 0x45:
                place += if_true if accumulator & value else if_false
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(code)


@pytest.fixture(params=[("x86_64", X86), ("aarch64", ARM)])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, int, seccomp._Machine]:
    name, arch = request.param
    monkeypatch.setattr(platform, "machine", lambda: name)
    filter_program.cache_clear()
    program = filter_program()
    filter_program.cache_clear()
    assert program is not None
    return program, arch, seccomp._MACHINES[name]


def test_every_listed_call_is_refused(machine: tuple[bytes, int, seccomp._Machine]) -> None:
    program, arch, table = machine
    assert {verdict(program, arch, n) for n in table.refused.values()} == {refused(errno.EPERM)}
    assert verdict(program, arch, table.clone3) == refused(errno.ENOSYS)


def test_user_namespaces_are_refused_and_threads_are_not(machine: tuple[bytes, int, seccomp._Machine]) -> None:
    program, arch, table = machine
    for call in (table.clone, table.unshare):
        assert verdict(program, arch, call, 0x10000000 | 0x11) == refused(errno.EPERM)
        assert verdict(program, arch, call, 0x3D0F00) == ALLOWED


def test_only_families_inside_the_network_namespace_are_allowed(
    machine: tuple[bytes, int, seccomp._Machine],
) -> None:
    program, arch, table = machine
    allowed = {family for family in range(64) if verdict(program, arch, table.socket, family) == ALLOWED}
    assert allowed == {1, 2, 10, 16}
    assert verdict(program, arch, table.socket, 40) == refused(errno.EAFNOSUPPORT)


def test_all_other_calls_are_allowed(machine: tuple[bytes, int, seccomp._Machine]) -> None:
    program, arch, table = machine
    special = {*table.refused.values(), table.clone, table.clone3, table.unshare, table.socket}
    assert {verdict(program, arch, n) for n in range(500) if n not in special} == {ALLOWED}


def test_programs_of_another_kind_get_no_calls(machine: tuple[bytes, int, seccomp._Machine]) -> None:
    program, arch, _ = machine
    assert verdict(program, 0x40000003, 1) == refused(errno.ENOSYS)
    assert verdict(program, arch, 0x40000000 | 1) == refused(errno.ENOSYS)


def test_an_unknown_processor_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    filter_program.cache_clear()
    assert filter_program() is None
    filter_program.cache_clear()
