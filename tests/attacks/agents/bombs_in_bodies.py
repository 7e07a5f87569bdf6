"""Sends bodies that grow: compressed zeros, nested JSON, a gigabyte announced, numbers of a megabyte.

group: gateway
outcomes: failed
timeout: 60
claim: A body is limited after it was unpacked, and none of them ends the gateway.
"""
import gzip
import http.client
import json
import os
import zlib
from kit import KEY, PORT, attempt, call

def post(body, encoding=None):
    headers = {"Content-Encoding": encoding} if encoding else {}
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=6)
    connection.request("POST", "/v1/chat/completions", body, {"Authorization": f"Bearer {KEY}", **headers})
    return connection.getresponse().status == 200

MODEL = json.dumps(os.environ["CAB_MODEL"])
zeros = zlib.compressobj(1, zlib.DEFLATED, 31)
bomb = b"".join([*(zeros.compress(bytes(1 << 20)) for _ in range(100)), zeros.flush()])
attempt("gzip", post, bomb, "gzip")
attempt("gzip in gzip", post, gzip.compress(bomb), "gzip, gzip")
attempt("bad encoding", post, b"x" * 1000, "br")
attempt("nested", post, f'{{"model": {MODEL}, "messages": {"[" * 100_000}{"]" * 100_000}}}'.encode())
attempt("number", post, f'{{"model": {MODEL}, "messages": [], "n": {"9" * 1_000_000}}}'.encode())
attempt("many keys", lambda: post(json.dumps({"model": "x", **{str(n): n for n in range(200_000)}}).encode()))
attempt("honest", lambda: call()[0] != 200)
