"""What a sweep can require of an engine (`require = ["memory", "seccomp"]`), and what is refused at preflight."""

from collections.abc import Iterable

from codingagentbench.errors import SetupError, unknown_name
from codingagentbench.sandbox.base import Sandbox

CAPABILITIES = {
    "wall": "a run ends with its time, whatever it does",
    "no-network": "no network but the gateway's socket",
    "non-root": "the command is no root of this machine",
    "read-only-root": "the system's folders cannot be written",
    "seccomp": "a filter of system calls",
    "memory": "memory of all processes together",
    "pids": "number of processes",
    "cpu": "processor time",
    "file-size": "size of any one file",
    "disk-limit": "size of everything in /work and HOME: a run that goes past it is stopped",
    "image": "the system's folders come from a pinned image",
}


def check_required(engine: Sandbox, required: Iterable[str]) -> None:
    """Raise SetupError where `engine` cannot enforce something that is required, UsageError for an unknown name."""
    wanted = list(required)
    for name in wanted:
        if name not in CAPABILITIES:
            raise unknown_name("capability", name, CAPABILITIES)
    if not wanted:
        return
    able = engine.capabilities()
    lacking = [f"{name} ({CAPABILITIES[name]})" for name in wanted if name not in able]
    if lacking:
        msg = (
            f"the sweep requires {', '.join(lacking)}, which the engine {engine.name} cannot enforce on this machine "
            f"(it can: {', '.join(sorted(able))}): choose another --sandbox or machine, or take it out of `require`"
        )
        raise SetupError(msg)
