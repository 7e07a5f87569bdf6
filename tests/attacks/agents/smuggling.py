"""Sends requests that two readers would read differently: two lengths, chunks that lie, headers of megabytes.

group: gateway
claim: Each gets an error or nothing; none is taken for another request.
"""
import socket
from kit import KEY, PORT, T, attempt

START = b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + KEY.encode() + b"\r\n"
INNER = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + T["foreign_token"].encode() + b"\r\n\r\n"
CASES = {
    "two lengths": START + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "length and chunks": START + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER,
    "odd chunked": START + b"Transfer-Encoding: xchunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER,
    "bad chunk": START + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "bare LF": START.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n",
    "space before colon": START + b"Content-Length : 3\r\n\r\nabc",
    "header of megabytes": START + b"X-Big: " + b"a" * (4 << 20) + b"\r\n\r\n",
    "many headers": START + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\n",
    "negative length": START + b"Content-Length: -1\r\n\r\n",
    "giant length": START + b"Content-Length: 99999999999999999999\r\n\r\n",
    "address that climbs": b"POST /v1/../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "absolute address": b"GET http://169.254.169.254/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n",
    "CONNECT": b"CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n",
    "no HTTP": bytes(range(256)) * 4000,
}

def send(data):
    with socket.create_connection(("127.0.0.1", PORT), timeout=3) as sock:
        try:
            sock.sendall(data)
        except OSError:
            pass
        answer = b""
        try:
            while part := sock.recv(65536):
                answer += part
        except OSError:
            pass
        return answer.count(b"HTTP/1.1 200")

for name, data in CASES.items():
    attempt(name, send, data)
