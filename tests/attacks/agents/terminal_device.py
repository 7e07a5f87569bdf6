"""Pushes input into its terminal, hangs it up, resizes it, opens other terminals.

group: display
claim: Nothing is typed into anybody's shell, no other terminal is there, and the recording goes on.
"""
import fcntl
import os
import termios
from kit import attempt, runs

def push():
    for char in "touch /tmp/pwned\n":
        fcntl.ioctl(0, termios.TIOCSTI, char.encode())

attempt("TIOCSTI", push)
attempt("console", fcntl.ioctl, 0, 0x541D, 0)
for name in ("/dev/tty0", "/dev/tty1", "/dev/console", "/dev/vcs1", *(f"/dev/pts/{n}" for n in range(1, 12))):
    attempt(name, lambda: os.open(name, os.O_RDWR | os.O_NOCTTY) if name != "/dev/console" else None)
attempt("stty", lambda: runs("stty", "rows", "1", "cols", "1") and None)
attempt("size", lambda: fcntl.ioctl(1, termios.TIOCSWINSZ, b"\xff" * 8) and None)
