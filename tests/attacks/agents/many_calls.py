"""Calls the model for as long as it is answered, from many threads.

group: gateway
claim: The cell's budget of calls is kept to the call, and the outcome names it.
outcomes: budget_exhausted
timeout: 60
"""
import threading
from kit import attempt, call

good = []
def ask():
    for _ in range(30):
        try:
            status, _ = call("again")
        except OSError:
            return
        if status == 200:
            good.append(status)

threads = [threading.Thread(target=ask) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
attempt("calls over the budget", lambda: len(good) + 1 > 60)
