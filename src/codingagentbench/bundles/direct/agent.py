"""The built-in TUI `direct`: asks the model, runs the commands it is told to, until it answers with text alone.

Usage: agent.py BASE_URL MODEL PROMPT, the key in CAB_KEY. Standard library only and few modules of it, because what it
costs is taken for the harness's own cost.
"""

import json
import os
import socket
import subprocess
import sys

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
    messages = [{"role": "user", "content": prompt}]
    for _ in range(MAX_TURNS):
        message = ask(base_url, {"model": model, "messages": messages, "tools": [TOOL]})
        messages.append(message)
        if message.get("content"):
            print(message["content"], flush=True)
        calls = message.get("tool_calls") or []
        if not calls:
            return 0
        for call in calls:
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": run(call["function"]["arguments"])})
    return 1


def run(arguments: str) -> str:
    """The output of a command line, both streams."""
    command = json.loads(arguments)["command"]
    print(f"$ {command}", flush=True)
    done = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return f"{done.stdout.decode('utf-8', 'replace')[-KEPT:]}\n[exit code {done.returncode}]"


def ask(base_url: str, request: dict) -> dict:
    """One chat completion over a plain HTTP/1.0 connection (http.client alone takes 20 ms to import)."""
    host, _, path = base_url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    body = json.dumps(request).encode()
    head = (
        f"POST /{path}/chat/completions HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {os.environ['CAB_KEY']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((name, int(port or 80))) as connection:
        connection.sendall(head.encode() + body)
        with connection.makefile("rb") as answer:
            status, content = int(answer.readline().split()[1]), answer.read().partition(b"\r\n\r\n")[2]
    if status != OK:
        sys.exit(f"direct: the gateway answered {status}: {content.decode('utf-8', 'replace')[:2000]}")
    return json.loads(content)["choices"][0]["message"]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
