"""Makes namespaces and mounts, and leaves its root.

group: kernel
claim: User namespaces, mounts, chroot and pivot_root are refused.
"""
import os
from kit import LIBC, attempt, runs, syscall

for name, flag in {"user": 0x10000000, "mount": 0x20000, "net": 0x40000000, "pid": 0x20000000, "cgroup": 0x2000000}.items():
    attempt(f"unshare {name}", lambda: LIBC.unshare(flag) == 0)
attempt("clone", lambda: os.waitpid(syscall(56, 0x10000000 | 17, 0, 0, 0, 0), 0) and True)
attempt("clone3", syscall, 435, 0, 0)
attempt("mount", lambda: LIBC.mount(b"x", b"/tmp", b"tmpfs", 0, None) == 0)
attempt("remount", lambda: LIBC.mount(b"/", b"/", None, 0x20 | 0x1000, None) == 0)
attempt("umount", lambda: LIBC.umount2(b"/proc", 2) == 0)
attempt("chroot", lambda: os.chroot("/work") is None)
attempt("pivot_root", lambda: LIBC.syscall(155, b"/work", b"/work") == 0)
for namespace in os.listdir("/proc/1/ns") if os.access("/proc/1/ns", os.R_OK) else []:
    attempt(f"setns {namespace}", lambda: LIBC.setns(os.open(f"/proc/1/ns/{namespace}", os.O_RDONLY), 0) == 0)
attempt("unshare(1)", runs, "unshare", "-Ur", "true")
