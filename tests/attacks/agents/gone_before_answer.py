"""Hangs up in the middle of every call.

group: gateway
claim: A client that leaves is no failure of the endpoint, and every call has its record.
"""
import json
import os
import socket
from kit import KEY, PORT, attempt

body = json.dumps({"model": os.environ["CAB_MODEL"], "messages": [{"role": "user", "content": "x"}], "stream": True}).encode()
for _ in range(20):
    with socket.create_connection(("127.0.0.1", PORT)) as sock:
        sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + KEY.encode()
                     + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
attempt("hung up", lambda: None)
