"""Uses another cell's token at its own door, in every place where a key may stand.

group: secrets
claim: Another cell's token opens nothing here (401), and no call is recorded for that cell.
"""
from kit import T, attempt, call

OTHER = T["foreign_token"]
attempt("bearer", lambda: call(token=OTHER)[0] == 200)
for header in ("x-api-key", "api-key", "x-goog-api-key", "X-Forwarded-Authorization", "Proxy-Authorization", "Cookie"):
    attempt(header, lambda header=header: call(token="wrong", **{header: OTHER})[0] == 200)
attempt("Host", lambda: call(token=OTHER, Host="another-cell.invalid", **{"X-Cell-Id": "attacks/other"})[0] == 200)
for wrong in ("", "cab-", "null", "cab-" + "A" * 32, "*", "\u00ff"):
    attempt(f"token {wrong!r}", lambda wrong=wrong: call(token=wrong)[0] == 200)
