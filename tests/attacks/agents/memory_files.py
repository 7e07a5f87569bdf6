"""Fills /tmp and /dev/shm, which are memory.

group: resources
claim: They are limited in size, and what they hold counts as the cell's memory.
outcomes: out_of_memory failed agent_error
"""
from kit import attempt

def fill(path):
    with open(path, "wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))

attempt("/dev/shm", fill, "/dev/shm/x")
attempt("/tmp", fill, "/tmp/x")
