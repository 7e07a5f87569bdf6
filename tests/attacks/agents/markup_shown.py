"""Puts markup, scripts, pictures and templates into every field that a page shows: names, texts, calls, terminal, report.

group: display
claim: The site has no element, address or handler from it; it is there to read.
"""
from kit import attempt, call, say, write

TEXTS = ("<script>alert('ATTACK')</script>", '"><img src=x onerror=alert("ATTACK")>', "<svg onload=alert('ATTACK')>", "</script><script>ATTACK()",
         "javascript:alert('ATTACK')", "{{ATTACK}}{% include '/etc/passwd' %}", "<!--ATTACK", "]]>ATTACK", "&#60;script&#62;ATTACK",
         "<iframe srcdoc='ATTACK'>", "<style>*{display:none}/*ATTACK*/", "<base href=//attack.invalid>", "<meta http-equiv=refresh content=0>")
for text in TEXTS:
    say(text)
    attempt("call", lambda: call(text)[0] and None)
    write("note" + text.replace("/", "\u2044")[:100], text)
write("src/total.py", "def total(a, b):\n    return a - b\n" + "".join(f"# {t}\nprint({t!r})\n" for t in TEXTS))
write("index.html", "\n".join(TEXTS))
