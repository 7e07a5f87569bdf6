"""Gives one file of 4 MB twenty thousand names, which a reader of files takes for 80 GB.

group: files
claim: The work is collected within bounds: what is read for digests and the patch is limited, and said in changes.json.
"""
import os
from kit import attempt

with open("one", "wb") as file:
    file.write(os.urandom(4 << 20))
for number in range(20_000):
    if number % 2_000 == 0:
        os.mkdir(f"d{number}")
        folder = f"d{number}"
    os.link("one", f"{folder}/{number}")
attempt("links", lambda: None)
