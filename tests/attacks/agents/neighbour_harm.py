"""Reaches for another live cell's process, sockets and door: signals, tracing, limits, every name that it could have.

group: processes
timeout: 90
claim: The other cell's process is not there to be signalled, traced, limited or entered, and none of its sockets answers.
"""
import ctypes
import os
import resource
import signal
import socket
from kit import LIBC, T, attempt, reaches, syscall

OTHER = T["neighbour"]
PROCESS = OTHER["pid"]
LIBC.ptrace.restype = ctypes.c_long
signal.signal(signal.SIGTERM, signal.SIG_IGN)

def sent(number):
    os.kill(PROCESS, number)
    return True

for number in (signal.SIGCONT, signal.SIGUSR1, signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL, 0):
    attempt(f"signal {number}", sent, number)
attempt("its group", lambda: os.killpg(PROCESS, signal.SIGTERM) is None)
attempt("a queued signal", lambda: syscall(129, PROCESS, signal.SIGTERM, ctypes.create_string_buffer(128)) == 0)
attempt("a signal to its thread", lambda: syscall(234, PROCESS, PROCESS, signal.SIGTERM) == 0)
attempt("pidfd", os.pidfd_open, PROCESS)
for request in (16, 0x4206):
    attempt(f"ptrace {request}", lambda request=request: LIBC.ptrace(request, PROCESS, 0, 0) == 0)

def vector(call):
    buffer = ctypes.create_string_buffer(64)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
    remote = (ctypes.c_void_p * 2)(0x400000, 64)
    return getattr(LIBC, call)(PROCESS, local, 1, remote, 1, 0) > 0

attempt("read its memory", vector, "process_vm_readv")
attempt("write its memory", vector, "process_vm_writev")
attempt("limits", lambda: resource.prlimit(PROCESS, resource.RLIMIT_NOFILE, (1, 1)) and True)
attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, PROCESS, 19) is None)
attempt("processors", lambda: os.sched_setaffinity(PROCESS, {0}) is None)
attempt("scheduling", lambda: os.sched_setscheduler(PROCESS, os.SCHED_IDLE, os.sched_param(0)) is None)
attempt("input and output priority", lambda: syscall(251, 1, PROCESS, 3 << 13) == 0)
attempt("robust list", lambda: syscall(274, PROCESS, ctypes.create_string_buffer(8), ctypes.create_string_buffer(8)) == 0)
attempt("compare", lambda: syscall(312, os.getpid(), PROCESS, 0, 0, 0) >= 0)
for kind in ("net", "mnt", "pid", "ipc", "user"):
    attempt(f"enter {kind}", lambda kind=kind: LIBC.setns(os.open(f"/proc/{PROCESS}/ns/{kind}", os.O_RDONLY), 0) == 0)
for hierarchy in ("memory", "pids", "cpu", "freezer", "."):
    for top in ("/sys/fs/cgroup", "/proc/1/root/sys/fs/cgroup"):
        attempt(f"cgroup {hierarchy}", lambda place=f"{top}/{hierarchy}/cgroup.procs": open(place, "w").write(str(PROCESS)))

# Its own port by every name that it could go by; at the port of the doors only by names that are not this cell's own.
container = OTHER["container"]
elsewhere = ["" if T["ip"].startswith("127.") else T["ip"], "10.0.2.15", "172.17.0.1", "172.17.0.2", "172.17.0.3", "172.18.0.2", "neighbour", "other", "agent",
             *container.values(), container.get("id", "")[:12], f"{container.get('name', 'x')}.bridge"]
for host in filter(None, elsewhere):
    for port in (OTHER["port"], OTHER["door"]):
        attempt(f"{host}:{port}", reaches, (host, port))
for host in ("127.0.0.1", "localhost", "sandbox", "0.0.0.0"):
    attempt(f"{host}:{OTHER['port']}", reaches, (host, OTHER["port"]))
for name in (b"\0" + OTHER["abstract"].encode(), f"{OTHER['folder']}/work/socket", f"/proc/{PROCESS}/root/work/socket"):
    attempt(repr(name), reaches, name, socket.AF_UNIX)
for name in container.values():
    request = f"POST /containers/{name}/kill HTTP/1.0\r\n\r\n".encode()
    for place in ("/var/run/docker.sock", "/run/docker.sock"):
        attempt(place, reaches, place, socket.AF_UNIX, socket.SOCK_STREAM, request)
