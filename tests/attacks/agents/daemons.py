"""Leaves processes behind: double forks, sessions of their own, deaf to signals.

group: processes
claim: With the end of the phase no process of the cell is alive.
"""
import os
import signal
import time
from kit import attempt, background

def stay():
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            open("/work/still-here", "w").write(str(time.time()))
        finally:
            time.sleep(0.01)

for _ in range(20):
    attempt("daemon", background, stay)
os.spawnlp(os.P_NOWAIT, "nohup", "nohup", "setsid", "sh", "-c", "trap '' TERM HUP; while :; do sleep 1; done")
