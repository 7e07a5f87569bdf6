"""Forks for as long as it may.

group: resources
claim: The number of processes is limited; the cell ends with its time, and the machine goes on.
outcomes: agent_timeout
timeout: 4
"""
import os
from kit import attempt

attempt("fork", lambda: None)
while True:
    try:
        os.fork()
    except OSError:
        pass
