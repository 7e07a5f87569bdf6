"""The built-in TUI `direct`: asks the model, runs the commands it is told to, until it answers with text alone.

Usage: agent.py BASE_URL MODEL PROMPT, the key in CAB_KEY. Standard library only and few modules of it, because what it
costs is taken for the harness's own cost.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

TYPE_CHECKING = False  # typing itself would cost as much as the rest
if TYPE_CHECKING:
    from typing import Any

TOOL = {
    "type": "function",
    "function": {
        "name": "shell",
        "description": "Run a command line in the work directory.",
        "parameters": {
            "type": "object",
            "properties": {"command": {"type": "string"}},
            "required": ["command"],
        },
    },
}
OK = 200
MAX_TURNS = 50
KEPT = 20_000


def main(base_url: str, model: str, prompt: str) -> int:
    """Returns the exit code: 0 when the model came to an end, 1 when it did not within MAX_TURNS."""
    messages: list[dict[str, object]] = [{"role": "user", "content": prompt}]
    for _ in range(MAX_TURNS):
        message = ask(base_url, {"model": model, "messages": messages, "tools": [TOOL]})
        messages.append(message)
        if message.get("content"):
            print(message["content"], flush=True)
        calls = message.get("tool_calls") or []
        if not calls:
            return 0
        for call in calls:
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": answer(call["function"])})
    print(f"direct: no end after {MAX_TURNS} turns", flush=True)
    return 1


def answer(function: dict[str, str]) -> str:
    """What the model gets for a tool call; a call that is no good is told so."""
    if function["name"] != "shell":
        return f"there is no tool {function['name']!r}: use shell"
    try:
        command = json.loads(function["arguments"])["command"]
    except (ValueError, KeyError, TypeError) as error:
        return f"bad arguments ({error!r}): an object with the string 'command' is needed"
    return run(command) if isinstance(command, str) else "bad arguments: 'command' must be a string"


def run(command: str) -> str:
    """The output of a command line, both streams, and its exit code."""
    print(f"$ {command}", flush=True)
    try:
        done = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except (OSError, ValueError) as error:  # too long for the kernel, or a NUL in it
        return f"cannot be run: {error}"
    return f"{done.stdout.decode('utf-8', 'replace')[-KEPT:]}\n[exit code {done.returncode}]"


def ask(base_url: str, request: dict[str, object]) -> dict[str, Any]:
    """The message of one chat completion, over a plain HTTP/1.0 connection (http.client takes 20 ms to import)."""
    host, _, path = base_url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    body = json.dumps(request).encode()
    head = (
        f"POST /{path}/chat/completions HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {os.environ['CAB_KEY']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((name, int(port or 80))) as connection:
        connection.sendall(head.encode() + body)
        with connection.makefile("rb") as reply:
            status, content = int(reply.readline().split()[1]), reply.read().partition(b"\r\n\r\n")[2]
    if status != OK:
        sys.exit(f"direct: the gateway answered {status}: {content.decode('utf-8', 'replace')[:2000]}")
    message: dict[str, Any] = json.loads(content)["choices"][0]["message"]
    return message


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
