"""Tools that leave the sandbox are taken out of requests, and nothing else is."""

import json
from typing import Any

import pytest

from codingagentbench.catalog.sweep import ProviderTool
from codingagentbench.gateway.controls.endpoint import ControlEndpoint
from codingagentbench.gateway.provider_tools import without_provider_tools
from codingagentbench.gateway.request import read_request
from gateway.cells import MODEL, OpenCell, TaskFiles, endpoint_backend, messages

OWN: dict[str, Any] = {"type": "function", "name": "bash", "parameters": {"type": "object"}}


def stripped(wire: str, request: dict[str, Any], *granted: ProviderTool) -> tuple[dict[str, Any], tuple[str, ...]]:
    asked, taken = without_provider_tools(wire, read_request(json.dumps(request).encode()), granted)
    return dict(json.loads(asked.body)), taken


@pytest.mark.parametrize(
    ("wire", "tool", "name", "granted"),
    [
        ("responses", {"type": "web_search"}, "web_search", "web_search"),
        ("responses", {"type": "web_search_preview_2025_03_11"}, "web_search_preview_2025_03_11", "web_search"),
        (
            "responses",
            {"type": "code_interpreter", "container": {"type": "auto"}},
            "code_interpreter",
            "code_execution",
        ),
        ("responses", {"type": "file_search", "vector_store_ids": []}, "file_search", "file_search"),
        ("responses", {"type": "mcp", "server_label": "x", "server_url": "https://x"}, "mcp", "mcp"),
        ("responses", {"type": "image_generation"}, "image_generation", "image_generation"),
        ("responses", {"type": "computer_use_preview"}, "computer_use_preview", "computer_use"),
        ("responses", {"type": "shell", "environment": {"type": "container_auto"}}, "shell", "code_execution"),
        ("messages", {"type": "web_search_20250305", "name": "web_search"}, "web_search_20250305", "web_search"),
        ("messages", {"type": "web_fetch_20250910", "name": "web_fetch"}, "web_fetch_20250910", "web_fetch"),
        ("messages", {"type": "code_execution_20250522", "name": "c"}, "code_execution_20250522", "code_execution"),
        ("messages", {"type": "mcp_toolset", "mcp_server_name": "x"}, "mcp_toolset", "mcp"),
        ("gemini", {"googleSearch": {}}, "googleSearch", "web_search"),
        ("gemini", {"google_search_retrieval": {}}, "google_search_retrieval", "web_search"),
        ("gemini", {"codeExecution": {}}, "codeExecution", "code_execution"),
        ("gemini", {"urlContext": {}}, "urlContext", "web_fetch"),
    ],
)
def test_a_providers_tool_goes_unless_it_is_granted(
    wire: str, tool: dict[str, Any], name: str, granted: ProviderTool
) -> None:
    request = {"model": "m", "tools": [OWN, tool], "x": 1}
    assert stripped(wire, request) == ({"model": "m", "tools": [OWN], "x": 1}, (name,))
    assert stripped(wire, request, granted) == (request, ())


@pytest.mark.parametrize(
    ("wire", "field", "value", "granted"),
    [
        ("chat", "web_search_options", {}, "web_search"),
        ("chat", "enable_search", True, "web_search"),
        ("messages", "mcp_servers", [{"type": "url", "url": "https://x", "name": "x"}], "mcp"),
    ],
)
def test_a_field_that_switches_one_on_goes(wire: str, field: str, value: object, granted: ProviderTool) -> None:
    assert stripped(wire, {"model": "m", field: value}) == ({"model": "m"}, (field,))
    assert stripped(wire, {"model": "m", field: value}, granted) == ({"model": "m", field: value}, ())


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "custom", "name": "apply_patch"},
        {"type": "local_shell"},
        {"type": "shell", "environment": {"type": "local"}},
        {"type": "function", "name": "web_search"},
        {"type": "bash_20250124", "name": "bash"},
        {"type": "text_editor_20250728", "name": "edit"},
        {"type": "computer_20250124", "name": "computer"},
        {"name": "web_fetch", "input_schema": {}},
    ],
)
@pytest.mark.parametrize("wire", ["chat", "responses", "messages", "gemini"])
def test_what_the_cli_runs_itself_stays(wire: str, tool: dict[str, Any]) -> None:
    asked = read_request(json.dumps({"model": "m", "tools": [tool]}).encode())
    assert without_provider_tools(wire, asked, ())[0] is asked


def test_what_stays_keeps_its_bytes() -> None:
    body = (
        b'{"model":"m","tools":[{"name" : "a","x":1.50},{"type":"web_search_20250305","name":"web_search"}],"y": 2.0}'
    )
    asked, _ = without_provider_tools("messages", read_request(body), ())
    assert asked.body == b'{"model":"m","tools":[{"name" : "a","x":1.50}],"y":2.0}'


def test_a_gemini_tool_keeps_its_function_declarations() -> None:
    functions = [{"name": "f"}]
    request = {"tools": [{"functionDeclarations": functions, "googleSearch": {}}]}
    assert stripped("gemini", request) == ({"tools": [{"functionDeclarations": functions}]}, ("googleSearch",))


@pytest.mark.parametrize("choice", [{"type": "tool", "name": "web_search"}, {"type": "web_search_20250305"}])
def test_a_choice_of_a_tool_that_is_gone_goes_with_it(choice: dict[str, Any]) -> None:
    tool = {"type": "web_search_20250305", "name": "web_search"}
    assert "tool_choice" not in stripped("messages", {"tools": [OWN, tool], "tool_choice": choice})[0]
    kept, _ = stripped("messages", {"tools": [OWN, tool], "tool_choice": {"type": "auto"}})
    assert kept["tool_choice"] == {"type": "auto"}


def test_no_tools_at_all_are_left_as_none() -> None:
    assert stripped("responses", {"model": "m", "tools": [{"type": "mcp"}], "tool_choice": "auto"})[0] == {"model": "m"}


@pytest.mark.parametrize("tools", [None, 3, "x", {}, [1, None, "web_search", []], [{"type": 3}]])
@pytest.mark.parametrize("wire", ["chat", "responses", "messages", "gemini"])
def test_tools_of_unexpected_kinds_are_left_to_the_endpoint(wire: str, tools: object) -> None:
    assert stripped(wire, {"tools": tools}) == ({"tools": tools}, ())


async def test_the_endpoint_never_sees_them_and_the_record_says_so(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        tools = [{"name": "bash", "input_schema": {}}, {"type": "web_search_20250305", "name": "web_search"}]
        assert (await cell.post("messages", messages(tools=tools)))[0] == 200
        (call,) = await cell.session.close()
    assert json.loads(endpoint.received[0].body)["tools"] == tools[:1]
    assert call.stripped_tools == ["web_search_20250305"]
