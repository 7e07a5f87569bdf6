"""Opens files, pipes and terminals until it gets no more.

group: resources
claim: Its own limit is reached before the machine's.
outcomes: failed agent_error out_of_memory
"""
import os
from kit import attempt

kept = []
def hoard(make):
    try:
        while len(kept) < 200_000:
            kept.append(make())
    finally:
        for item in kept:
            [os.close(d) for d in (item if isinstance(item, tuple) else (item,))]
        kept.clear()
    return True

attempt("files", hoard, lambda: os.open("/dev/null", os.O_RDONLY))
attempt("pipes", hoard, os.pipe)
attempt("terminals", hoard, os.openpty)
