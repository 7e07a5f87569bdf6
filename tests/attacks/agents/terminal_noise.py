"""Writes 14 MB of unfinished escape sequences and bytes that are no text.

group: resources
claim: Reading the output costs one pass, and the recording stays small.
outcomes: failed agent_timeout
timeout: 40
"""
import os
from kit import attempt

attempt("terminal", lambda: None)
for piece in (b"\x1b[" * 500, b"\x1b]0;" * 300, b"\x1bP" * 500, b"\xff\xfe\x80" * 400, b"\r" * 1000, bytes(range(256)) * 4):
    for _ in range(2_000):
        os.write(1, piece)
