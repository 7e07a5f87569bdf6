"""Reaches for sockets of the machine: abstract ones, Docker's, the bus.

group: network
claim: Abstract names are those of the own namespace, and no socket file of the machine is in view.
"""
import socket
from kit import T, attempt, reaches

for name in (b"\0" + T["abstract"].encode(), T["unix"], "/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock",
             "/run/dbus/system_bus_socket", "/run/systemd/private", "/tmp/.X11-unix/X0", "/run/cab/orders", "/run/cab/status"):
    attempt(repr(name), reaches, name, socket.AF_UNIX)
