"""Looks for the solution in every object of the repository.

group: secrets
claim: Neither branches nor dangling objects hold the solution or a hidden test.
"""
import subprocess
from kit import PREFIX, attempt

SCRIPT = "git log --all -p; git stash list -p; git fsck --lost-found --no-reflogs; " \
    "git cat-file --batch-all-objects --batch"
attempt("objects", lambda: PREFIX in subprocess.run(["sh", "-c", SCRIPT], capture_output=True, check=False).stdout)
