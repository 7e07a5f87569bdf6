"""The endpoint's key and the cell's token, echoed by model and CLI wherever they can, are in nothing that is stored."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import quote

import pytest

from codingagentbench.gateway.bodies import read_body
from codingagentbench.scrub import forms_of
from codingagentbench.store.attempts import Attempt, latest_attempt
from e2e.conftest import PYTHON_TASK, Cab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
KEY = "sk-leak/0123+456789=abcdef~XYZ"
HALVES = KEY[:15], KEY[15:]

# What the model makes the CLI do: the key comes in two halves, so that nothing on the way in can take it out.
SCRIPT = f"""
k='{HALVES[0]}''{HALVES[1]}'; t="$CAB_KEY"
for s in "$k" "$t"; do
  echo "terminal $s" >/dev/tty; printf '%s' "$s" | base64 -w0 >/dev/tty; printf 'u:%s' "$s" | base64 -w0 >/dev/tty
  printf '%s' "$s" | od -An -tx1 | tr -d ' \\n' >/dev/tty; echo >/dev/tty
  echo "key = $s" >> src.txt; printf '%s' "$s" | base64 -w0 >> src.txt
  printf '\\000\\001\\002%s\\000' "$s" >> data.bin
  touch "name-$(printf %s "$s" | tr / _)"; ln -s "$s" "link-$$-$(date +%N)"
  echo "$s"; printf '%s' "$s" | base64 -w0
done
"""


class _Parrot(BaseHTTPRequestHandler):
    """Echoes the key in headers, contents, finish reasons, ids; then errors that name it."""

    seen = 0
    tokens: ClassVar[set[str]] = set()
    """Of the cell, as its CLI says it in the output of a command."""

    def log_message(self, *_: object) -> None:
        """Silent."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.tokens.update(re.findall(r"cab-[A-Za-z0-9_-]{32}", asked))
        key = self.headers["Authorization"].removeprefix("Bearer ")
        type(self).seen += 1
        call = {"name": "shell", "arguments": json.dumps({"command": SCRIPT})}
        first = {"role": "assistant", "content": f"your key is {key} or {quote(key, safe='')}"}
        if self.seen == 1:
            first["tool_calls"] = [{"id": f"call-{key}", "type": "function", "function": call}]  # type: ignore[assignment]  # JSON
        usage = {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}
        good = {"id": key, "model": key, "choices": [{"index": 0, "message": first, "finish_reason": f"stop {key}"}]}
        status, body = (200, {**good, "usage": usage}) if self.seen < 3 else (401, {"error": {"message": f"bad {key}"}})
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-Echo", key)
        self.send_header("X-Basic", base64.b64encode(f"user:{key}".encode()).decode())
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def _parrot() -> Iterator[str]:
    _Parrot.seen = 0
    _Parrot.tokens.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Parrot)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def test_no_artefact_and_no_page_holds_the_key_or_the_token(cab: Cab) -> None:
    with _parrot() as url:
        model = ["--tui", "direct", "--model", "my/model", "--endpoint", url, "--task", PYTHON_TASK]
        done = cab("sweep", *model, "--repetitions", "2", "--workers", "1", code=None, CAB_KEY=KEY)
    first, second = cab.cells()
    assert (first["outcome"], second["outcome"]) == ("failed", "endpoint_unauthorized")
    attempt = latest_attempt(cab.results, first["cell_id"])
    log = (attempt.folder / "agent.log").read_text()
    assert log.count("terminal REDACTED") == 2, "the script ran and showed both secrets"
    assert "key = REDACTED" in attempt.diff()
    assert {"data.bin", "src.txt"} <= {c.path for c in attempt.changes().changes}
    cab("site", "build", "--out", str(cab.folder / "site"))
    (token,) = _Parrot.tokens
    files = [p for folder in (cab.results, cab.folder / "site") for p in folder.rglob("*") if p.is_file()]
    assert len(files) > 30
    stored = {str(p): p.read_bytes() for p in files} | dict(_bodies(attempt))
    for secret in (KEY, token):
        forms = forms_of(secret)
        for place, data in stored.items():
            assert secret not in place
            assert not [form for form in forms if form in data], place
    assert KEY not in done.stdout + done.stderr


def _bodies(attempt: Attempt) -> Iterator[tuple[str, bytes]]:
    for call in attempt.model_calls():
        for kind, ref in (("request", call.request_body), ("response", call.response_body)):
            if ref is not None:
                yield f"{kind} of call {call.number}", read_body(attempt.folder / "bodies.zst", ref)
