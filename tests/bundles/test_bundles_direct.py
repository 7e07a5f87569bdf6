import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from codingagentbench.bundles.bundle import install
from codingagentbench.catalog.load import open_catalog

Message = dict[str, object]


class Model(HTTPServer):
    """Answers the n-th request with the n-th message; the last one again and again."""

    def __init__(self, messages: list[Message | int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.messages = messages
        self.requests: list[tuple[str, dict[str, list[Message]]]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((f"{self.path} {self.headers['Authorization']}", body))
        message = self.server.messages[min(len(self.server.requests), len(self.server.messages)) - 1]
        self.send_response(message if isinstance(message, int) else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"choices": [{"message": message}]}).encode())

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def call(name: str, arguments: str) -> Message:
    function = {"name": name, "arguments": arguments}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }


@pytest.fixture
def model() -> Iterator[Model]:
    server = Model([])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def run(model: Model, work: Path, messages: list[Message | int]) -> subprocess.CompletedProcess[str]:
    model.messages = messages
    entry = open_catalog().tui("direct")
    bundle = install(entry.tui, entry.file, store=work.parent / "store", log=lambda _: None)
    values = {
        "{python}": sys.executable,
        "{tui}/agent.py": str(bundle.folder / "agent.py"),
        "{base_url}": f"http://127.0.0.1:{model.server_port}/v1",
        "{model}": "m",
        "{prompt}": "fix {it}\n",
    }
    argv = [values.get(a, a) for a in entry.tui.argv]
    env = os.environ | {"CAB_KEY": "token"}
    return subprocess.run(argv, cwd=work, env=env, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def results(model: Model) -> list[str]:
    return [str(m["content"]) for m in model.requests[-1][1]["messages"] if m["role"] == "tool"]


def test_it_runs_what_the_model_says_until_the_model_ends(model: Model, work: Path) -> None:
    command = json.dumps({"command": "echo new > file; cat file; exit 3"})
    done = run(model, work, [call("shell", command), {"role": "assistant", "content": "Done."}])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Done.\n")
    assert (work / "file").read_text() == "new\n"
    assert results(model) == ["new\n\n[exit code 3]"]
    where, first = model.requests[0]
    assert where == "/v1/chat/completions Bearer token"
    assert first["messages"] == [{"role": "user", "content": "fix {it}\n"}]


def test_its_declared_hand_is_the_tool_that_it_offers(model: Model, work: Path) -> None:
    run(model, work, [{"role": "assistant", "content": "Nothing."}])
    hand = open_catalog().tui("direct").tui.hands[0]
    function = model.requests[0][1]["tools"][0]["function"]
    assert isinstance(function, dict)
    assert function["name"] == hand.tool
    assert hand.command in function["parameters"]["properties"]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (call("shell", "{"), "bad arguments"),
        (call("shell", "[]"), "bad arguments"),
        (call("shell", '{"cmd": "ls"}'), "bad arguments"),
        (call("shell", '{"command": 1}'), "must be a string"),
        (call("shell", json.dumps({"command": "a\0b"})), "cannot be run"),
        (call("delete", "{}"), "there is no tool 'delete'"),
    ],
)
def test_a_bad_call_is_answered_and_the_run_goes_on(model: Model, work: Path, bad: Message, said: str) -> None:
    done = run(model, work, [bad, {"role": "assistant", "content": "Done."}])
    assert done.returncode == 0, done.stderr
    assert said in results(model)[0]


def test_a_model_that_never_ends_is_left_after_fifty_turns(model: Model, work: Path) -> None:
    done = run(model, work, [call("shell", '{"command": "true"}')])
    assert done.returncode == 1
    assert done.stdout.endswith("no end after 50 turns\n")
    assert len(model.requests) == 50


def test_an_error_of_the_gateway_ends_it_with_the_status(model: Model, work: Path) -> None:
    done = run(model, work, [429])
    assert done.returncode == 1
    assert "the gateway answered 429" in done.stderr
