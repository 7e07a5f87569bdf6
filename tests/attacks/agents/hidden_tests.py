"""Looks for the hidden tests and the solution on the whole machine.

group: secrets
claim: No file with the hidden tests or the solution can be read, neither by its path nor through any process.
"""
import os
from kit import T, attempt, leaks, say

for path in T["secret_files"]:
    attempt(f"read {path}", leaks, path)
for process in filter(str.isdigit, os.listdir("/proc")):
    for door in ("root", "cwd"):
        for path in T["secret_files"]:
            attempt(f"{process}/{door}", leaks, f"/proc/{process}/{door}{path}")
seen = 0
for top in ("/home", "/opt", "/root", "/srv", "/mnt", "/media", "/var", "/run", "/tmp", "/work", "/usr/local"):
    for here, folders, files in os.walk(top):
        folders[:] = [f for f in folders if f not in ("node_modules", "site-packages")]
        for name in files:
            seen += 1
            if "hidden" in name or "total" in name:
                attempt(os.path.join(here, name), leaks, os.path.join(here, name))
say(f"TRIED {seen} files")
