"""Submodules, alternates, a gitdir that leads out, folders named like .git, an index that lies.

group: git
claim: Neither collecting nor applying the patch follows any of it; names that git refuses are listed with the reason.
"""
import os
import shutil
from kit import T, attempt, write

write(".gitmodules", f"[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c touch% {T['host_files'][0]}\n\tupdate = !touch /tmp/x\n")
for folder in ("sub/.git/hooks", ".GIT/hooks", ".git /hooks", "git~1/hooks", "sub/.Git", ".g\u200cit"):
    attempt(folder, lambda: write(f"{folder}/post-checkout", "#!/bin/sh\nfalse\n") and None)
shutil.rmtree(".git")
choice = os.getpid() % 3
if choice == 0:
    write(".git", f"gitdir: {T['catalog']}\n")
elif choice == 1:
    os.symlink(T["results"], ".git")
else:
    write(".git/objects/info/alternates", f"{T['catalog']}\n")
    write(".git/HEAD", "ref: refs/../../../../etc/passwd\n")
attempt(".git", lambda: None)
