"""What a CLI tried to reach besides the gateway, counted by the kernel in the sandbox's own network namespace.

The namespace is new and has a loopback only, so every count is the run's. A connection to anywhere else fails in the
routing table (OutNoRoutes), a look-up of a name is a datagram (there is no other use of one here), and a connection to
a port of the loopback where nobody listens is a failed attempt. The counters are read by a shell in the sandbox after
the CLI has ended: cheap, the same in every engine, and true as long as the CLI does not forge its own output.
"""

from dataclasses import dataclass

_MARK = "cab:network-counters"
_SCRIPT = '"$@"; code=$?; echo; echo ' + _MARK + '; cat /proc/net/snmp /proc/net/snmp6 2>/dev/null; exit "$code"'


@dataclass(frozen=True, slots=True)
class NetworkAttempts:
    """Of one run, the commands before the CLI included."""

    unroutable: int
    """Packets and connections to an address outside the sandbox."""
    look_ups: int
    """Datagrams, which here are questions to a name server."""
    refused: int
    """Connections to the sandbox's own loopback where nobody listened: no traffic outside, but time."""

    @property
    def outside(self) -> int:
        """What would have left the sandbox."""
        return self.unroutable + self.look_ups


def watched(argv: list[str]) -> list[str]:
    """`argv` run by a shell that prints the counters after it and ends with its exit code."""
    return ["/bin/sh", "-c", _SCRIPT, "watch", *argv]


def read_attempts(output: str) -> NetworkAttempts | None:
    """The counters from the terminal's text; None where they are not there (the run was stopped, or forged them)."""
    _, mark, text = output.rpartition(f"{_MARK}\n")
    counters = _counters(text.splitlines())
    if not mark or "Ip:OutNoRoutes" not in counters:
        return None
    return NetworkAttempts(
        unroutable=counters["Ip:OutNoRoutes"] + counters.get("Ip6OutNoRoutes", 0),
        look_ups=counters.get("Udp:OutDatagrams", 0) + counters.get("Udp6OutDatagrams", 0),
        refused=counters.get("Tcp:AttemptFails", 0),
    )


def _counters(lines: list[str]) -> dict[str, int]:
    """`/proc/net/snmp` has a line of names and one of values for each protocol, `snmp6` a name and a value a line."""
    found: dict[str, int] = {}
    names: list[str] = []
    for words in (line.split() for line in lines):
        if words and not words[0].endswith(":"):
            found[words[0]] = int(words[1]) if words[1:] and words[1].isdecimal() else 0
        elif words and names and words[0] == names[0]:
            values = zip(names[1:], words[1:], strict=False)
            found |= {f"{names[0]}{name}": int(v) for name, v in values if v.lstrip("-").isdecimal()}
            names = []
        else:
            names = words
    return found
