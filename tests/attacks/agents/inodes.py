"""Makes small files without end, in HOME as well.

group: resources
claim: The number of files is limited; the cell is stopped.
outcomes: out_of_disk
timeout: 90
"""
import os
from kit import attempt

attempt("files", lambda: None)
number = 0
while True:
    folder = ("/work", os.environ["HOME"])[number % 2]
    number += 1
    open(f"{folder}/{number}", "w").close()
