"""Writes what spreadsheets, JSON readers and shells would run.

group: display
claim: Exports are data: names and texts come out as they went in, and no key of a record can be taken over.
"""
import os
from kit import attempt, call, say, write

for text in ("=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", '{"__proto__": {"x": 1}}', '","pass_rate":1,"x":"', "'; DROP TABLE cells; --",
             "NaN", "Infinity", "-0", "1e999", "\\u0000", "$(id)", "`id`", "${jndi:ldap://x}", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")):
    say(text)
    attempt("call", lambda: call(text)[0] and None)
    write(os.path.join("data", text.replace("/", "_").replace("\0", "_")), text)
