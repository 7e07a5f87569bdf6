"""Real CLIs on an endpoint that does not speak their wire: the gateway translates, and the task is solved."""

from pathlib import Path

import msgspec
import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.gateway.bodies import read_body
from codingagentbench.store.record import ModelCall
from e2e.conftest import PYTHON_TASK, Cab, serving

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
KEY = "sk-test-0123456789abcdef"
MODEL = "their/model"
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}


def _pairs() -> list[tuple[str, str]]:
    """Every CLI of another wire on an endpoint of chat alone; one of chat on endpoints of the two others."""
    catalog = open_catalog()
    wires = {name: entry.tui.wire for name, entry in catalog.tuis.items()}
    others = [(name, "chat") for name, wire in wires.items() if wire != "chat"]
    return [*others, ("pi", "messages"), ("pi", "responses"), ("codex", "messages")]


def _endpoint_of(folder: Path, wire: str) -> Path:
    """A catalogue folder with one endpoint that speaks one wire."""
    models = folder / "theirs" / "models"
    models.mkdir(parents=True)
    endpoint = f'[endpoint]\nname = "their"\nkey_env = "CAB_KEY"\nwires = ["{wire}"]\n'
    (models / "their.toml").write_text(f'{endpoint}\n[[model]]\nid = "{MODEL}"\n')
    return models.parent


def _calls(cab: Cab) -> tuple[Path, list[ModelCall]]:
    (file,) = cab.results.rglob("model_calls.jsonl")
    return file.parent, [msgspec.json.decode(line, type=ModelCall) for line in file.read_bytes().splitlines()]


@pytest.mark.parametrize(("tui", "wire"), _pairs())
def test_a_cli_solves_a_task_through_a_translation(cab: Cab, tui: str, wire: str) -> None:
    theirs = _endpoint_of(cab.folder, wire)
    with serving(PYTHON_TASK, tui, model=MODEL, key=KEY) as endpoint:
        arguments = ["--tui", tui, "--model", MODEL, "--endpoint", endpoint.base_url, "--task", PYTHON_TASK]
        done = cab("sweep", *arguments, CAB_KEY=KEY, CAB_CATALOG=str(theirs))
    assert f"its calls are translated to {wire}" in done.stdout + done.stderr
    (row,) = cab.cells()
    assert (row["outcome"], row["pass_rate"]) == ("passed", 1)
    folder, calls = _calls(cab)
    asked = [call for call in calls if call.endpoint_request_body]
    assert {received.path for received in endpoint.received} == {PATHS[wire]}
    assert len(asked) == len(endpoint.received) > 0
    assert {call.endpoint_wire for call in asked} == {wire}
    sent = [
        read_body(folder / "bodies.zst", call.endpoint_request_body) for call in asked if call.endpoint_request_body
    ]
    assert sorted(sent) == sorted(received.body for received in endpoint.received)
    assert all(call.error is None and call.prompt_tokens for call in asked)
