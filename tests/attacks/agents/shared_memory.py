"""Looks for shared memory, queues and semaphores of the machine and of other cells.

group: network
claim: A cell has an IPC namespace of its own: what the machine holds is not there.
"""
import ctypes
import os
from kit import LIBC, PREFIX, T, attempt

LIBC.shmat.restype = ctypes.c_void_p

def attach(key):
    number = LIBC.shmget(key, 0, 0)
    return number >= 0 and PREFIX in ctypes.string_at(LIBC.shmat(number, None, 0o10000), 64)

attempt("SysV", attach, T["sysv"])
attempt("every segment", lambda: len(open("/proc/sysvipc/shm").read().splitlines()) > 1)
for kind in ("msg", "sem"):
    attempt(kind, lambda: len(open(f"/proc/sysvipc/{kind}").read().splitlines()) > 1)
attempt("queue", lambda: LIBC.mq_open(T["mqueue"].encode(), os.O_RDONLY | os.O_NONBLOCK) >= 0)
attempt("/dev/shm", lambda: os.listdir("/dev/shm"))
attempt("/dev/mqueue", lambda: os.listdir("/dev/mqueue"))
