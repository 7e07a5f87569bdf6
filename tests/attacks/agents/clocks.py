"""Changes the clock, the host's name, swap, the kernel's log; restarts the machine.

group: kernel
claim: Every one of them is refused.
"""
import ctypes
import time
from kit import LIBC, attempt, syscall

attempt("clock_settime", lambda: time.clock_settime(time.CLOCK_REALTIME, 0) is None)
attempt("settimeofday", lambda: LIBC.settimeofday((ctypes.c_long * 2)(0, 0), None) == 0)
attempt("adjtimex", lambda: LIBC.adjtimex((ctypes.c_long * 32)(0x8000)) >= 0)
attempt("sethostname", lambda: LIBC.sethostname(b"pwned", 5) == 0)
attempt("setdomainname", lambda: LIBC.setdomainname(b"pwned", 5) == 0)
attempt("reboot", lambda: syscall(169, 0xFEE1DEAD, 672274793, 0x89ABCDEF, 0) == 0)
attempt("swapon", lambda: LIBC.swapon(b"/work/AGENTS.md", 0) == 0)
attempt("syslog", lambda: LIBC.klogctl(5, None, 0) == 0)
attempt("iopl", lambda: syscall(172, 3) == 0)
attempt("ioperm", lambda: syscall(173, 0, 1024, 1) == 0)
attempt("acct", lambda: LIBC.acct(b"/work/AGENTS.md") == 0)
attempt("quotactl", lambda: syscall(179, 0, 0, 0, 0) == 0)
attempt("real-time", lambda: LIBC.sched_setscheduler(0, 1, (ctypes.c_int * 1)(99)) == 0)
