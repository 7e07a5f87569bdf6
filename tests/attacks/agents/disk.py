"""Fills the disk, file after file.

group: resources
claim: The cell is stopped at its own limit, and the outcome says so.
outcomes: out_of_disk
"""
import os
from kit import attempt

attempt("disk", lambda: None)
number = 0
while True:
    number += 1
    with open(f"big{number}", "wb") as file:
        for _ in range(16):
            file.write(os.urandom(1 << 20))
