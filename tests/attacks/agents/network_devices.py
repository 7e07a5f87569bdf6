"""Makes devices, addresses and routes, and bridges itself out.

group: network
claim: Nothing of the network can be changed.
"""
import os
import socket
import struct
from kit import attempt, runs

def netlink(kind):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    body = struct.pack("=BxHiII", 0, 0, 1, 1, 1)
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, 0x405, 1, 0) + body)
    return struct.unpack_from("=i", sock.recv(4096), 16)[0] == 0

for kind in (16, 17, 20, 24):
    attempt(f"netlink {kind}", netlink, kind)
attempt("tun", os.open, "/dev/net/tun", os.O_RDWR)
for command in ("ip link add x type dummy", "ip route add default dev lo", "iptables -L", "ip netns add x", "nsenter -t 1 -n true"):
    attempt(command, runs, "sh", "-c", command)
