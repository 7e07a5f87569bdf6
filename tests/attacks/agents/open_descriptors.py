"""Looks for descriptors that the harness left open, its own and those of the first process.

group: secrets
claim: A command holds its three streams and nothing else, and cannot open those of the sandbox's first process.
"""
import os
from kit import attempt

def left():
    found = []
    for number in range(3, 4096):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue
    return [f for f in found if f"/proc/{os.getpid()}" not in f]

attempt("own descriptors", left)
for number in range(64):
    for parent in {1, os.getppid()} - {os.getpid()}:
        attempt(f"{parent}/{number}", lambda: os.open(f"/proc/{parent}/fd/{number}", os.O_RDWR | os.O_NONBLOCK)
                if parent == 1 or number > 2 else None)
