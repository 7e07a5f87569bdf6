"""Makes hard links to files of the machine.

group: files
claim: The kernel refuses links across mounts; no file from outside stands in the work directory.
"""
import os
from kit import T, attempt, syscall

for number, target in enumerate(["/etc/passwd", "/usr/bin/env", "/home/agent/.gitconfig", "/opt/cab/tui/agent.py",
                                 *T["host_files"], *T["secret_files"]]):
    attempt(target, lambda: os.link(target, f"hard{number}") or os.path.exists(f"hard{number}"))
for descriptor in (0, 1, 2):
    attempt(f"descriptor {descriptor}", lambda: os.link(f"/proc/self/fd/{descriptor}", f"fd{descriptor}",
                                                        follow_symlinks=True) or os.path.exists(f"fd{descriptor}"))
