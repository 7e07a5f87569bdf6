"""Knocks at every port of its loopback, and takes the door's own port.

group: network
timeout: 90
claim: One port answers, the door, and it cannot be taken over.
"""
import socket
from kit import PORT, attempt

def knock(port):
    with socket.socket() as sock:
        sock.settimeout(0.2)
        if sock.connect_ex(("127.0.0.1", port)) != 0:
            return False
        return sock.getsockname() != sock.getpeername()  # a socket can meet itself

attempt("ports", lambda: [port for port in range(1, 65536) if port != PORT and knock(port)])

def take(address):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind((address, PORT))
    sock.listen()
    return address == "127.0.0.1"

for address in ("127.0.0.1", "0.0.0.0"):
    attempt(f"take {address}", take, address)
