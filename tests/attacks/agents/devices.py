"""Opens the machine's memory, disks and special devices.

group: kernel
claim: /dev holds null, zero, random and the terminal.
"""
import glob
import os
from kit import attempt

WANTED = ["/dev/mem", "/dev/kmem", "/dev/port", "/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/loop-control", "/dev/loop0", "/dev/fuse",
          "/dev/kvm", "/dev/vhost-vsock", "/dev/mapper/control", "/dev/hpet", "/dev/snapshot", "/dev/uinput", "/dev/dri/card0"]
for name in WANTED:
    attempt(name, os.open, name, os.O_RDONLY | os.O_NONBLOCK)
KNOWN = {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "pts", "shm", "mqueue", "fd", "core", "stdin", "stdout", "stderr"}
attempt("others", lambda: [d for d in glob.glob("/dev/*") if os.path.basename(d) not in KNOWN])
