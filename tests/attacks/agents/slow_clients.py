"""Opens five hundred connections to the door and finishes no request.

group: gateway
claim: Connections of a cell are limited; other cells are answered as ever.
"""
import socket
import time
from kit import PORT, attempt

kept = []
for number in range(500):
    try:
        sock = socket.create_connection(("127.0.0.1", PORT), timeout=2)
        sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        kept.append(sock)
    except OSError:
        pass
attempt(f"{len(kept)} connections", lambda: None)
for _ in range(8):
    time.sleep(0.25)
    for sock in kept:
        try:
            sock.sendall(b"a")
        except OSError:
            pass
