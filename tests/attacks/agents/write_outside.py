"""Writes wherever there is a folder: the system's, the TUI's bundle, the machine's own paths.

group: files
claim: Nothing can be written but the work directory, HOME and the sandbox's own /tmp; the machine's files are as they were.
"""
from kit import T, attempt, write

for folder in ("/", "/usr", "/usr/bin", "/etc", "/opt", "/opt/cab/tui", "/home", "/root", "/boot", "/lib", "/sys", "/run",
               "/var/tmp", "/run/cab", "/usr/libexec/codingagentbench", "/work/..", "/home/agent/.."):
    attempt(folder, write, f"{folder}/attack-{T['marker']}")
for path in [*T["host_files"], *T["secret_files"], f"{T['results']}/x", f"{T['scratch']}/x", "/opt/cab/tui/agent.py"]:
    attempt(path, open, path, "r+b")
