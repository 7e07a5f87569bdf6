"""What a killed harness left in Docker: containers that carry its tag."""

import asyncio
import json

from codingagentbench.sandbox.docker_api import LABEL, call, client, remove, synchronously
from codingagentbench.sandbox.owner import is_gone

HARNESS = f"{LABEL}.harness"


def remove_leftovers(*, dry_run: bool = False) -> list[str]:
    """Kill and remove the containers of harnesses that are no more; their names. Raises SandboxError, SetupError."""
    return synchronously(lambda: _remove_leftovers(dry_run=dry_run))


async def _remove_leftovers(*, dry_run: bool) -> list[str]:
    async with client() as docker:
        filters = json.dumps({"label": [HARNESS]})
        found = await call("list containers", docker.containers.list(all=1, filters=filters))
        dead = [c for c in found if is_gone(str(c["Labels"][HARNESS]))]
        if not dry_run:
            await asyncio.gather(*(remove(docker, c.id) for c in dead))
        return [str(c["Names"][0]).lstrip("/") for c in dead]
