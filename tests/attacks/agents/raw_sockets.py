"""Opens raw, packet and foreign sockets.

group: network
claim: The families that reach past a network namespace are refused, and raw sockets need a capability that nobody has.
"""
import socket
from kit import attempt

for family in range(46):
    if family not in (1, 2, 10, 16):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            attempt(f"family {family}, {int(kind)}", lambda: bool(socket.socket(family, kind).fileno()))
for family in (socket.AF_INET, socket.AF_INET6):
    attempt(f"raw {int(family)}", lambda: bool(socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMP).fileno()))
