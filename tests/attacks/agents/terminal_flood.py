"""Writes a gigabyte to its terminal.

group: resources
claim: The recording, the log and the record stay small, and the record says how much was left out.
outcomes: failed agent_timeout
timeout: 60
slow: a gigabyte through a terminal
"""
import os
from kit import T, attempt

attempt("terminal", lambda: None)
line = (b"x" * 118 + b"\r\n") * 500
for _ in range(T["flood"] // len(line)):
    os.write(1, line)
