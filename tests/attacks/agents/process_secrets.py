"""Reads environment, command line and memory of every process that it can see.

group: secrets
claim: No process in view holds the endpoint's key, another cell's token or a path of the machine.
"""
import os
import re
from kit import KEY, PREFIX, T, attempt

def look(process, part):
    with open(f"/proc/{process}/{part}", "rb") as file:
        data = file.read().replace(os.environ["CAB_TARGET"].encode(), b"what every attack is told")
    own = int(process) == os.getpid()
    tokens = {t for t in re.findall(rb"cab-[A-Za-z0-9_-]{32}", data)} - {KEY.encode()}
    return tokens or (PREFIX in data and not own)

for process in filter(str.isdigit, os.listdir("/proc")):
    for part in ("environ", "cmdline"):
        attempt(f"{process}/{part}", look, process, part)

def memory(process):
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb") as mem:
        for line in maps:
            start, end = (int(n, 16) for n in line.split()[0].split("-"))
            mem.seek(start)
            if PREFIX in mem.read(min(end - start, 1 << 20)):
                return True

for process in (1, T["harness"], T["victim"]):
    attempt(f"memory of {process}", memory, process)
