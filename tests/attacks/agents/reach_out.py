"""Connects to the machine, its networks, the cloud's metadata address and the world.

group: network
claim: Nothing answers but the door; a listener of the machine counts no connection.
"""
import socket
from kit import T, attempt, reaches

for address in ("127.0.0.1", "localhost", "0.0.0.0", T["ip"], "10.0.2.2", "172.17.0.1", "172.18.0.1", "192.168.0.1",
                "169.254.169.254", "100.100.100.200", "1.1.1.1", "host.docker.internal", "gateway.docker.internal"):
    for port in (T["tcp"], 22, 80, 2375):
        attempt(f"{address}:{port}", reaches, (address, port))
for address in ("::1", "fe80::1", "fd00:ec2::254", "::ffff:127.0.0.1"):
    attempt(address, reaches, (address, T["tcp"]), socket.AF_INET6)
for address in ("127.0.0.1", T["ip"], "255.255.255.255", "224.0.0.251"):
    attempt(f"datagram {address}", reaches, (address, T["udp"]), socket.AF_INET, socket.SOCK_DGRAM)
