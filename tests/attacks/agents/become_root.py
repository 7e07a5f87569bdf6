"""Makes and runs programs that change the user.

group: kernel
claim: There are no new privileges and no capabilities; a setuid bit is without effect.
"""
import os
import shutil
from kit import attempt, runs

shutil.copy("/bin/sh", "root-shell")
os.chmod("root-shell", 0o6755)
attempt("setuid copy", runs, "./root-shell", "-p", "-c", "test $(id -u) = 0")
attempt("setuid(0)", lambda: os.setuid(0) is None and os.geteuid() == 0)
attempt("setgroups", lambda: os.setgroups([0]) or True)
for command in ("su -c true", "sudo -n true", "mount -t tmpfs x /tmp", "newgrp root </dev/null && id -g | grep -qx 0", "pkexec true"):
    attempt(command, runs, "sh", "-c", command)
attempt("capabilities", lambda: [line for line in open("/proc/self/status") if line.startswith("Cap") and int(line.split()[1], 16)])
attempt("chown", lambda: os.chown("root-shell", 0, 0) or True)
attempt("new privileges", lambda: "NoNewPrivs:\t1" not in open("/proc/self/status").read())
