"""Leaves fifos, sockets and devices where files are read, one of them in place of the source file.

group: files
claim: Nobody waits for a fifo or opens a device; each is listed as what it is and is in no patch.
"""
import os
import socket
import stat
from kit import attempt

os.mkfifo("fifo")
os.remove("src/total.py")
os.mkfifo("src/total.py")
socket.socket(socket.AF_UNIX).bind("socket")
os.mkfifo(".git/fifo")
os.rename(".git/index", ".git/index.old")
os.mkfifo(".git/index")
for number, device in enumerate([(1, 1), (1, 5), (5, 1), (8, 0), (254, 0), (10, 229)]):
    for kind in (stat.S_IFCHR, stat.S_IFBLK):
        attempt(f"device {device}", lambda: os.mknod(f"dev{number}{kind}", kind | 0o666, os.makedev(*device))
                or os.path.exists(f"dev{number}{kind}"))
