"""Stops the grader's runner, so that nothing is ever reported.

group: grading
claim: The grading has its own time, and a report that never came is the agent's failure.
outcomes: grader_timeout
slow: the grading's whole time
"""
from kit import attempt, write

CODE = """import os, signal
os.kill(os.getppid(), signal.SIGSTOP)
def total(a, b):
    return a - b
"""
attempt("source", lambda: write("src/total.py", CODE) and None)
