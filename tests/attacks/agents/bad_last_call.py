"""Ends with requests that no model can answer, so that its failure looks like the endpoint's.

group: gateway
claim: A request of its own making that is refused here is no failure of the endpoint: the cell is graded.
"""
import http.client
from kit import KEY, PORT, attempt

for path, body in (("/v1/chat/completions", b"{"), ("/v1/chat/completions", b'{"model": "another"}'), ("/v1/nothing", b"{}"),
                   ("/v1/chat/completions", b""), ("/v1/responses", b"[]"), ("/v1/messages", b"null")):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    connection.request("POST", path, body, {"Authorization": f"Bearer {KEY}"})
    attempt(path, lambda: connection.getresponse().status == 200)
