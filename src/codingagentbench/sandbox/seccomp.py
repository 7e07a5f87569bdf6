"""The sandbox's system-call filter: what namespaces do not cover.

A socket of a family like AF_VSOCK reaches the host of a virtual machine past every network namespace; keyrings outlive
a sandbox and are shared by uid; new user namespaces, BPF, io_uring and the like are where kernels are broken. What
compilers, debuggers and test runners use stays allowed.
"""

import errno
import json
import platform
import struct
from dataclasses import dataclass
from functools import lru_cache

# include/uapi/linux/{bpf_common,seccomp,audit}.h
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCH, _ARGUMENT = (
    0,
    4,
    16,
)  # offsets in struct seccomp_data; the argument's low half on little-endian machines
_X32 = 0x40000000
_CLONE_NEWUSER = 0x10000000
_FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: all inside the network namespace


@dataclass(frozen=True)
class _Machine:
    """Numbers of arch/*/include/generated/uapi/asm/unistd*.h, which the kernel never changes."""

    audit_arch: int
    refused: dict[str, int]
    clone: int
    clone3: int
    unshare: int
    socket: int


_SAME_EVERYWHERE = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "mount_setattr": 442,
}
_X86_64 = {
    "pivot_root": 155,
    "mount": 165,
    "umount2": 166,
    "init_module": 175,
    "delete_module": 176,
    "kexec_load": 246,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "perf_event_open": 298,
    "setns": 308,
    "finit_module": 313,
    "kexec_file_load": 320,
    "bpf": 321,
    "userfaultfd": 323,
}
_ARM64 = {
    "umount2": 39,
    "mount": 40,
    "pivot_root": 41,
    "kexec_load": 104,
    "init_module": 105,
    "delete_module": 106,
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "perf_event_open": 241,
    "setns": 268,
    "finit_module": 273,
    "bpf": 280,
    "userfaultfd": 282,
    "kexec_file_load": 294,
}
_MACHINES = {
    "x86_64": _Machine(0xC000003E, _X86_64 | _SAME_EVERYWHERE, clone=56, clone3=435, unshare=272, socket=41),
    "aarch64": _Machine(0xC00000B7, _ARM64 | _SAME_EVERYWHERE, clone=220, clone3=435, unshare=97, socket=198),
}


@lru_cache(maxsize=1)
def filter_program() -> bytes | None:
    """The BPF program for bwrap's `--seccomp`; None on a machine whose call numbers are not known here."""
    machine = _MACHINES.get(platform.machine())
    return _assemble(machine) if machine else None


@lru_cache(maxsize=1)
def docker_profile() -> str | None:
    """The same filter as a profile of Docker's; None on a machine whose call numbers are not known here."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return None
    rules: list[dict[str, object]] = [_docker_rule([*machine.refused], errno.EPERM)]
    rules.append(_docker_rule(["clone3"], errno.ENOSYS))
    new_user = {"index": 0, "value": _CLONE_NEWUSER, "valueTwo": _CLONE_NEWUSER, "op": "SCMP_CMP_MASKED_EQ"}
    rules += [_docker_rule([name], errno.EPERM, new_user) for name in ("clone", "unshare")]
    above = {"index": 0, "value": max(_FAMILIES), "op": "SCMP_CMP_GT"}
    foreign = [{"index": 0, "value": n, "op": "SCMP_CMP_EQ"} for n in range(max(_FAMILIES)) if n not in _FAMILIES]
    rules += [_docker_rule(["socket"], errno.EAFNOSUPPORT, family) for family in (*foreign, above)]
    architecture = f"SCMP_ARCH_{platform.machine().upper()}"
    return json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "architectures": [architecture], "syscalls": rules})


def _docker_rule(names: list[str], number: int, argument: dict[str, object] | None = None) -> dict[str, object]:
    return {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": number, "args": [argument] if argument else []}


def _assemble(machine: _Machine) -> bytes:
    unknown = _refuse(errno.ENOSYS)
    code = [_load(_ARCH), _step(_JUMP_EQUAL, machine.audit_arch, 1, 0), unknown]  # no 32-bit programs
    code += [_load(_NUMBER), _step(_JUMP_GREATER_EQUAL, _X32, 0, 1), unknown]
    for number in machine.refused.values():
        code += [_step(_JUMP_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    # clone3 hides its flags in memory; C libraries fall back to clone, whose flags can be seen
    code += [_step(_JUMP_EQUAL, machine.clone3, 0, 1), unknown]
    for number in (machine.clone, machine.unshare):
        code += [_step(_JUMP_EQUAL, number, 0, 4), _load(_ARGUMENT)]
        code += [_step(_JUMP_SET, _CLONE_NEWUSER, 0, 1), _refuse(errno.EPERM), _allow()]
    code += [_step(_JUMP_EQUAL, machine.socket, 1, 0), _allow(), _load(_ARGUMENT)]
    for family in _FAMILIES:
        code += [_step(_JUMP_EQUAL, family, 0, 1), _allow()]
    return b"".join([*code, _refuse(errno.EAFNOSUPPORT)])


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One struct sock_filter; the jumps count the steps to leave out."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _load(offset: int) -> bytes:
    return _step(_LOAD, offset)


def _refuse(number: int) -> bytes:
    return _step(_RETURN, _ERRNO | number)


def _allow() -> bytes:
    return _step(_RETURN, _ALLOW)
