"""Works for ever and is deaf to every signal.

group: resources
claim: The cell ends with its time.
outcomes: agent_timeout
timeout: 3
"""
import signal
from kit import attempt

for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
attempt("spin", lambda: None)
while True:
    pass
