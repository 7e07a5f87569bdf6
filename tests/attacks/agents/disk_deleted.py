"""Fills the disk with files that have no name any more.

group: resources
claim: What is open and deleted counts; the cell is stopped.
outcomes: out_of_disk
"""
import os
from kit import attempt

attempt("disk", lambda: None)
kept = []
while True:
    kept.append(open("gone", "wb"))
    os.remove("gone")
    for _ in range(16):
        kept[-1].write(bytes(1 << 20))
        kept[-1].flush()
