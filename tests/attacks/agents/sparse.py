"""Makes files that show a terabyte and take nothing.

group: resources
claim: One file's size is limited, and what is read when the work is collected is limited too.
outcomes: failed out_of_disk
"""
from kit import attempt

def make(name, size):
    with open(name, "wb") as file:
        file.truncate(size)

attempt("one terabyte", lambda: make("huge", 1 << 40) or True)
for number in range(300):
    attempt("a gigabyte", make, f"sparse{number}", (1 << 30) - 1)
