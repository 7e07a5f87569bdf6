"""Never comes to an end in the grader.

group: grading
claim: A test has its time, and the grading has its own.
outcomes: failed grader_timeout
slow: a test may take 20 s
"""
from kit import attempt, write

CODE = """import signal, time
for n in range(1, 32):
    try:
        signal.signal(n, signal.SIG_IGN)
    except OSError:
        pass
def total(a, b):
    while True:
        time.sleep(1)
"""
attempt("source", lambda: write("src/total.py", CODE) and None)
