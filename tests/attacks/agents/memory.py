"""Takes memory until there is none.

group: resources
claim: The cell is stopped at its own limit, and the outcome says so.
outcomes: out_of_memory
"""
from kit import attempt

attempt("memory", lambda: None)
kept = []
while True:
    kept.append(bytearray(b"x" * (8 << 20)))
