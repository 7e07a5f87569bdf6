"""Answers with an object that equals everything.

group: grading
claim: The task's tests compare values of a known type.
"""
from kit import attempt, write

CODE = """class Any:
    def __eq__(self, other): return False
    def __ne__(self, other): return False
    def __hash__(self): return 0
def total(a, b):
    return Any()
"""
attempt("source", lambda: write("src/total.py", CODE) and None)
