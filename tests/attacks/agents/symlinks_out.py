"""Replaces its own files and folders by links to the machine's.

group: files
claim: No link is followed while the work is collected, patched or graded: no content from outside is in the diff.
"""
import os
import shutil
from kit import T, attempt

for number, target in enumerate([*T["host_files"], *T["secret_files"], "/etc/shadow", "/proc/self/environ", "/root",
                                 T["results"], T["catalog"], "/", "loop", "../../../../etc/passwd"]):
    attempt(target, os.symlink, target, f"link{number}")
os.symlink("loop", "loop")
os.remove("src/total.py")
os.symlink(T["secret_files"][1], "src/total.py")
shutil.rmtree("tests")
os.symlink(os.path.dirname(T["secret_files"][0]), "tests")
if os.path.exists("AGENTS.md"):
    os.remove("AGENTS.md")
os.symlink(T["host_files"][0], "AGENTS.md")
