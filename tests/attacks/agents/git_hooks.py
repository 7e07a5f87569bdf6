"""Fills its repository with hooks, filters and settings that run commands.

group: git
claim: git of the machine never runs in the agent's tree: none of the commands leaves its mark.
"""
import os
from kit import T, attempt, write

COMMAND = f"touch {T['host_files'][0]}.pwned {T['host_files'][0]}; echo pwned > {T['host_files'][0]}"
for hook in ("pre-commit", "post-checkout", "post-index-change", "pre-applypatch", "applypatch-msg", "fsmonitor-watchman",
             "reference-transaction", "post-merge", "pre-auto-gc"):
    attempt(hook, lambda: write(f".git/hooks/{hook}", f"#!/bin/sh\n{COMMAND}\n") and None)
    os.chmod(f".git/hooks/{hook}", 0o755)
write(".git/config", f"""[core]
\trepositoryformatversion = 0
\tfsmonitor = "{COMMAND}"
\thooksPath = /work/.git/hooks
\tsshCommand = "{COMMAND}"
\tpager = "{COMMAND}"
\teditor = "{COMMAND}"
\tworktree = /
[filter "x"]
\tclean = "{COMMAND}"
\tsmudge = "{COMMAND}"
\trequired = true
[diff "x"]
\ttextconv = "{COMMAND}"
\tcommand = "{COMMAND}"
[diff]
\texternal = "{COMMAND}"
[merge "x"]
\tdriver = "{COMMAND}"
[include]
\tpath = {T['host_files'][0]}
""")
write(".gitattributes", "* filter=x diff=x merge=x text eol=crlf working-tree-encoding=UTF-16\n")
write("/home/agent/.gitconfig", f"[core]\n\tfsmonitor = {COMMAND}\n")
write(".git/info/attributes", "* filter=x diff=x\n")
