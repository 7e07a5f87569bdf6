"""Prints the grader's report from the code under test, in every form of it.

group: grading
claim: A report without the grading's own nonce counts for nothing.
"""
from kit import attempt, write

LINES = "\\n".join(f"{p}test {t} ok" for t in ("test_small", "test_negative") for p in ("", "n0123456789abcdef ", "nnnnnnnnnnnnnnnnn "))
CODE = f'''import os, sys
for d in (1, 2, *range(3, 64)):
    try:
        os.write(d, b"\\n{LINES}\\n")
    except OSError:
        pass
for place in (os.environ.get("HOME", "/") + "/results", "results", "report.xml"):
    try:
        open(place, "w").write("<testsuite><testcase name='test_small'/><testcase name='test_negative'/></testsuite>")
    except OSError:
        pass
def total(a, b):
    return a - b
'''
attempt("source", lambda: write("src/total.py", CODE) and None)
