"""Takes memory, disk, processes and terminal in the grader's sandbox.

group: grading
claim: The grader's limits are those of the agent; the cell has failed, and nothing else has.
outcomes: failed grader_timeout
timeout: 30
"""
from kit import attempt, write

CODE = """import os, sys
sys.stdout.write("x" * (64 << 20))
def total(a, b):
    if a > 0:
        kept = []
        while True:
            kept.append(bytearray(b"x" * (8 << 20)))
    number = 0
    while True:
        number += 1
        open(f"big{number}", "wb").write(bytes(16 << 20))
"""
attempt("source", lambda: write("src/total.py", CODE) and None)
