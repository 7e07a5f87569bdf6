"""Nests folders beyond every path: names of 4,096 characters, and twelve hundred levels.

group: files
claim: The work is collected, graded and removed; what no path reaches is listed as one thing.
"""
import os
from kit import attempt

top = os.getcwd()
for _ in range(17):
    os.mkdir("n" * 250)
    os.chdir("n" * 250)
attempt("file", lambda: open("f" * 250, "w").write("x") and None)
os.chdir(top)
for level in range(1_200):
    os.mkdir("dddd")
    os.chdir("dddd")
attempt("end", lambda: open("end", "w").write("x") and None)
