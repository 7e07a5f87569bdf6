"""Writes contents and names that a patch could be mistaken over: headers in texts, links with files below, modes.

group: git
claim: The patch makes in the grader's tree what the agent had, and nothing outside it.
"""
import os
from kit import T, attempt, write

HEADER = f"""diff --git a/../../../..{T['host_files'][0]} b/../../../..{T['host_files'][0]}
--- a/../../../..{T['host_files'][0]}
+++ b/../../../..{T['host_files'][0]}
@@ -1 +1 @@
-vault
+pwned
diff --git a/tests/test_hidden.py b/tests/test_hidden.py
deleted file mode 100644
"""
for name in ("notes", "a b/../x".replace("/", "\u2044"), "x b/y", "/dev/null"[1:], "b/src/total.py", "a"):
    attempt(name, lambda: write(name, HEADER) and None)
write("no-newline", HEADER.rstrip("\n") + "\n\\ No newline at end of file")
os.symlink("/", "root")
os.symlink("..", "up")
os.symlink("tests", "alias")
os.rename("src", "moved")
os.symlink("moved", "src")
write("moved/total.py", "def total(a, b):\n    return a - b\n" + HEADER)
