"""Leaves its cgroup or lifts its limits.

group: kernel
claim: No cgroup of the machine can be written, moved to or mounted.
"""
import glob
import os
from kit import LIBC, attempt, write

attempt("mount", lambda: LIBC.mount(b"x", b"/tmp", b"cgroup2", 0, None) == 0)
attempt("mount v1", lambda: LIBC.mount(b"x", b"/tmp", b"cgroup", 0, b"memory") == 0)
for pattern in ("*/memory.limit_in_bytes", "*/tasks", "*/cgroup.procs", "*/pids.max", "cgroup.procs", "*/release_agent", "memory.max"):
    for path in glob.glob(f"/sys/fs/cgroup/{pattern}")[:20]:
        attempt(path, write, path, str(os.getpid()))
attempt("make one", lambda: os.mkdir("/sys/fs/cgroup/memory/attack") or True)
for line in open("/proc/self/cgroup"):
    path = line.strip().split(":", 2)[2]
    attempt(path, write, f"/sys/fs/cgroup{path}/cgroup.procs", "0")
