"""Takes memory in many children, so that the kernel has to choose whom to end.

group: resources
claim: Whoever is chosen, the cell ends with an outcome that is the agent's.
outcomes: out_of_memory agent_timeout
timeout: 8
"""
import os
from kit import attempt

attempt("memory", lambda: None)
for _ in range(12):
    if os.fork() == 0:
        kept = []
        while True:
            kept.append(bytearray(b"y" * (4 << 20)))
for _ in range(12):
    os.wait()
