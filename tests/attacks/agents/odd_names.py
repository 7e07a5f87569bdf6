"""Names its files with line breaks, quotes, escapes, marks from right to left, bytes that are no text, 255 bytes.

group: files
claim: Every name is listed, on one line of its own, and the site shows it inert.
"""
import os
from kit import attempt

NAMES = [b"two\nlines", b"tab\there", b"\x1b[31mred\x1b[0m", b"\x1b]0;title\x07", b"\xff\xfe", b"\xc3\x28", b"-rf", b"--help",
         b"$(touch x)", b"`id`", b"; rm -rf ~", b"a|b", b"..hidden", b"...", b" lead", b"trail ", b"con", b"NUL", b"a:b",
         b'"quoted"', b"'single'", b"back\\slash", "\u202egnp.exe".encode(), "\u2066x".encode(), b"\x7f", b"\x01", b"x" * 255,
         b"<script>alert(1)</script>"[:13] + b">", b"=1+1", b"@SUM(1)", b"%00", b"%2e%2e%2f", b"a b/../c".replace(b"/", b"_"),
         "\u00e9".encode(), "e\u0301".encode(), b"diff --git a", b"@@ -1 +1 @@", b"a\rb", b"new\x85line", "\u2028".encode()]
for name in NAMES:
    attempt(ascii(name), lambda: open(b"src/" + name, "wb").write(b"def total(a, b): return a + b\n") and None)
os.makedirs(b"dir\nwith/\xff\xff/deep")
open(b"dir\nwith/\xff\xff/deep/file", "w").write("x")
