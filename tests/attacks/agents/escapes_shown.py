"""Prints sequences that retitle, rewrite, answer for, or put into the clipboard of whoever shows them.

group: display
claim: The CLI prints none of them, the log holds none, and the site's player gets them as text of a recording.
"""
import sys
from kit import attempt, call

SEQUENCES = ("\x1b]0;PWNED\x07", "\x1b]52;c;cHduZWQ=\x07", "\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07", "\x1b[2J\x1b[H", "\x1b[?1049h",
             "\x1b[6n", "\x1bP$q\"p\x1b\\", "\x1b_G\x1b\\", "\x1b[1A\x1b[2Kpassed 100 %", "\x9b31m", "\x90x\x9c", "\x1b[21t", "\x1bc", "\x1b#8",
             "\x1b[?25l", "\x08" * 200, "\x00", "\u202egnihton", "\u2066hidden\u2069", "\ufeff", "\x1b]1337;File=:x\x07")
for text in SEQUENCES:
    sys.stdout.write(text)
    attempt("sequence", lambda: call(text)[0] and None)
open("notes\x1b[31m.txt", "w").write("".join(SEQUENCES))
