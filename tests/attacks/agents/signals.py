"""Sends signals to the harness, to a process of the machine, to everybody.

group: processes
claim: Neither is reached: the machine's processes are other numbers in another namespace.
"""
import os
import signal
from kit import T, attempt

signal.signal(signal.SIGTERM, signal.SIG_IGN)
def gone(process):
    os.kill(process, signal.SIGKILL)
for process in (T["harness"], T["victim"], -T["harness"], 1):
    attempt(f"kill {process}", gone, process)
attempt("pidfd", os.pidfd_open, T["victim"])
attempt("everybody", os.kill, -1, signal.SIGTERM)
attempt("priority", os.setpriority, os.PRIO_PROCESS, 0, -20)
