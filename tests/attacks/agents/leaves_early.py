"""Ends the test's process before the test does, politely.

group: grading
claim: A test has passed when it returned, not when its process ended with 0.
"""
from kit import attempt, write

CODE = """import atexit, os, sys, threading
atexit.register(os._exit, 0)
threading.excepthook = lambda *a: os._exit(0)
sys.excepthook = lambda *a: os._exit(0)
def total(a, b):
    os._exit(0)
"""
attempt("source", lambda: write("src/total.py", CODE) and None)
