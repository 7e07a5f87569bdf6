"""Requests of each wire, written out, and the chat request that each becomes."""

import json
from typing import Any

import pytest

from codingagentbench.gateway.translate import UntranslatableError, estimated_tokens, translate
from codingagentbench.gateway.wires import route_of
from gateway.translate.scripted import PIXEL, Json

PATHS = {
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "gemini": "/v1beta/models/m:generateContent",
}
URL = f"data:image/png;base64,{PIXEL}"
IMAGE = {"type": "image_url", "image_url": {"url": URL}}
RUN = {"type": "object", "properties": {"cmd": {"type": "string"}}}


def to(wire: str, client: str, request: Json) -> Json:
    """The endpoint's request."""
    route = route_of(PATHS[client], {})
    assert route is not None
    translation = translate(route, [wire], request, model="m", stream=False)
    asked: Json = json.loads(translation.body("vendor"))
    assert asked.pop("model") == "vendor"
    return asked


def call(call_id: str, name: str, arguments: str) -> Json:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_a_conversation_of_codex() -> None:
    request = {
        "instructions": "Be brief.",
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "No network."}]},
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Fix it."}, {"type": "input_image", "image_url": URL}],
            },
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "x"}], "encrypted_content": "another's"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
            {"type": "function_call", "call_id": "a", "name": "run", "arguments": '{"cmd":"ls"}'},
            {"type": "function_call", "call_id": "b", "namespace": "agents", "name": "wait", "arguments": "{}"},
            {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": '*** Begin\n"x"'},
            {"type": "function_call_output", "call_id": "b", "output": [{"type": "input_image", "image_url": URL}]},
            {"type": "function_call_output", "call_id": "a", "output": "two files"},
            {"type": "custom_tool_call_output", "call_id": "c", "output": "done"},
            {"type": "message", "role": "developer", "content": "Hurry."},
            {"type": "message", "role": "user", "content": "Go on."},
        ],
        "tools": [
            {"type": "function", "name": "run", "description": "Runs.", "parameters": RUN, "strict": False},
            {
                "type": "custom",
                "name": "patch",
                "description": "Patches.",
                "format": {"type": "grammar", "syntax": "lark", "definition": "start: LINE+"},
            },
            {
                "type": "namespace",
                "name": "agents",
                "description": "Sub-agents.",
                "tools": [{"type": "function", "name": "wait", "description": "Waits.", "parameters": RUN}],
            },
            {"type": "web_search"},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "max_output_tokens": 77,
        "reasoning": {"effort": "low", "summary": "auto"},
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "k",
        "client_metadata": {"x": "y"},
    }
    asked = to("chat", "responses", request)
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief.\n\nNo network."},
        {"role": "user", "content": [{"type": "text", "text": "Fix it."}, IMAGE]},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                call("a", "run", '{"cmd":"ls"}'),
                call("b", "agents__wait", "{}"),
                call("c", "patch", '{"input": "*** Begin\\n\\"x\\""}'),
            ],
        },
        {"role": "tool", "tool_call_id": "b", "content": "(in the next message)"},
        {"role": "tool", "tool_call_id": "a", "content": "two files"},
        {"role": "tool", "tool_call_id": "c", "content": "done"},
        {"role": "user", "content": [{"type": "text", "text": "From the tool call b:"}, IMAGE]},
        {"role": "user", "content": "<system-message>\nHurry.\n</system-message>"},
        {"role": "user", "content": "Go on."},
    ]
    functions = [tool["function"] for tool in asked["tools"]]
    assert [function["name"] for function in functions] == ["run", "patch", "agents__wait"]
    assert functions[0] == {"name": "run", "description": "Runs.", "parameters": RUN, "strict": False}
    assert functions[1]["description"] == "Patches.\n\nThe input follows this grammar (lark):\nstart: LINE+"
    assert functions[1]["parameters"]["required"] == ["input"]
    assert functions[2]["description"] == "Sub-agents.\n\nWaits."
    rest = {key: value for key, value in asked.items() if key not in {"messages", "tools"}}
    assert rest == {"tool_choice": "auto", "parallel_tool_calls": True, "max_tokens": 77, "reasoning_effort": "low"}


def test_a_conversation_of_claude_code() -> None:
    request = {
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Fix it."}]},
            {"role": "system", "content": "It is Monday."},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "x", "signature": "another's"},
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "a", "name": "Bash", "input": {"cmd": "ls"}},
                    {"type": "tool_use", "id": "b", "name": "Read", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "a", "content": "no such file", "is_error": True},
                    {
                        "type": "tool_result",
                        "tool_use_id": "b",
                        "content": [
                            {"type": "text", "text": "a picture"},
                            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                        ],
                    },
                    {"type": "text", "text": "Go on."},
                ],
            },
        ],
        "tools": [
            {"name": "Bash", "description": "Runs.", "input_schema": RUN},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "max_tokens": 77,
        "stop_sequences": ["END"],
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
        "metadata": {"user_id": "u"},
        "context_management": {"edits": []},
    }
    assert to("chat", "messages", request) == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Fix it."},
            {"role": "user", "content": "<system-message>\nIt is Monday.\n</system-message>"},
            {
                "role": "assistant",
                "content": "I look.",
                "tool_calls": [call("a", "Bash", '{"cmd":"ls"}'), call("b", "Read", "{}")],
            },
            {"role": "tool", "tool_call_id": "a", "content": "The tool failed:\nno such file"},
            {"role": "tool", "tool_call_id": "b", "content": "a picture"},
            {"role": "user", "content": [{"type": "text", "text": "From the tool call b:"}, IMAGE]},
            {"role": "user", "content": "Go on."},
        ],
        "tools": [{"type": "function", "function": {"name": "Bash", "description": "Runs.", "parameters": RUN}}],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "max_tokens": 77,
        "stop": ["END"],
    }


def test_a_conversation_of_gemini_cli() -> None:
    request = {
        "systemInstruction": {"role": "user", "parts": [{"text": "Be brief."}]},
        "contents": [
            {
                "role": "user",
                "parts": [{"text": "Fix it."}, {"inline_data": {"mime_type": "image/png", "data": PIXEL}}],
            },
            {
                "role": "model",
                "parts": [
                    {"text": "x", "thought": True},
                    {"text": "I look."},
                    {"functionCall": {"name": "run", "args": {"cmd_line": "ls"}}, "thoughtSignature": "c2tpcA=="},
                    {"functionCall": {"name": "run", "args": {"cmd_line": "pwd"}}},
                    {"functionCall": {"id": "mine", "name": "read", "args": {}}},
                ],
            },
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"id": "mine", "name": "read", "response": {"error": "none"}}},
                    {"functionResponse": {"name": "run", "response": {"output": "a b"}}},
                    {"functionResponse": {"name": "run", "response": {"output": "/work"}}},
                ],
            },
        ],
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "run",
                        "parameters": {
                            "type": "OBJECT",
                            "properties": {
                                "cmd_line": {"type": "STRING", "nullable": True},
                                "type": {"type": "ARRAY", "items": {"type": "INTEGER"}, "minItems": "1"},
                            },
                            "required": ["cmd_line"],
                        },
                    },
                    {"name": "read", "parametersJsonSchema": RUN},
                ]
            },
            {"googleSearch": {}},
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["run"]}},
        "generationConfig": {
            "temperature": 0,
            "topP": 0.5,
            "topK": 64,
            "maxOutputTokens": 77,
            "stopSequences": ["END"],
        },
    }
    properties = {
        "cmd_line": {"type": ["string", "null"]},
        "type": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
    }
    parameters = {"type": "object", "properties": properties, "required": ["cmd_line"]}
    assert to("chat", "gemini", request) == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Fix it."}, IMAGE]},
            {
                "role": "assistant",
                "content": "I look.",
                "tool_calls": [
                    call("call_1", "run", '{"cmd_line":"ls"}'),
                    call("call_2", "run", '{"cmd_line":"pwd"}'),
                    call("mine", "read", "{}"),
                ],
            },
            {"role": "tool", "tool_call_id": "mine", "content": '{"error":"none"}'},
            {"role": "tool", "tool_call_id": "call_1", "content": "a b"},
            {"role": "tool", "tool_call_id": "call_2", "content": "/work"},
        ],
        "tools": [{"type": "function", "function": {"name": "run", "parameters": parameters}}],
        "tool_choice": {"type": "function", "function": {"name": "run"}},
        "temperature": 0,
        "top_p": 0.5,
        "max_tokens": 77,
        "stop": ["END"],
    }


CHAT: Json = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Fix it."}, IMAGE]},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [call("a", "run", '{"cmd":"ls"}'), call("b", "run", "")],
        },
        {"role": "tool", "tool_call_id": "a", "content": "a b"},
        {"role": "tool", "tool_call_id": "b", "content": "c"},
        {"role": "user", "content": "Go on."},
    ],
    "tools": [{"type": "function", "function": {"name": "run", "description": "Runs.", "parameters": RUN}}],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "temperature": 0.5,
}


def test_a_chat_request_for_an_endpoint_of_messages() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    assert to("messages", "chat", CHAT) == {
        "max_tokens": 32_000,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Fix it."}, {"type": "image", "source": source}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "a", "name": "run", "input": {"cmd": "ls"}},
                    {"type": "tool_use", "id": "b", "name": "run", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "a", "content": "a b"},
                    {"type": "tool_result", "tool_use_id": "b", "content": "c"},
                    {"type": "text", "text": "Go on."},
                ],
            },
        ],
        "tools": [{"name": "run", "description": "Runs.", "input_schema": RUN}],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "temperature": 0.5,
    }


def test_a_chat_request_for_an_endpoint_of_responses() -> None:
    image = {"type": "input_image", "image_url": URL, "detail": "auto"}
    assert to("responses", "chat", CHAT) == {
        "input": [
            {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix it."}, image]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
            {"type": "function_call", "call_id": "a", "name": "run", "arguments": '{"cmd":"ls"}'},
            {"type": "function_call", "call_id": "b", "name": "run", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "a b"},
            {"type": "function_call_output", "call_id": "b", "output": "c"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Go on."}]},
        ],
        "store": False,
        "tools": [{"type": "function", "name": "run", "description": "Runs.", "parameters": RUN, "strict": False}],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "temperature": 0.5,
    }


@pytest.mark.parametrize(
    ("client", "request_", "named"),
    [
        ("responses", {"input": "x", "previous_response_id": "resp_1"}, "previous_response_id"),
        ("responses", {"input": [{"type": "item_reference", "id": "x"}]}, "item_reference"),
        ("responses", {"input": "x", "tools": [{"type": "local_shell"}]}, "local_shell"),
        ("responses", {"input": [{"type": "function_call", "name": "x"}]}, "'call_id' is missing"),
        ("responses", {"input": [3]}, "none of the wire 'responses'"),
        ("messages", {"messages": [], "tools": [{"type": "bash_20250124", "name": "bash"}]}, "bash_20250124"),
        ("messages", {"messages": [{"role": "user", "content": [{"type": "container_upload"}]}]}, "container_upload"),
        ("messages", {}, "'messages' is missing"),
        ("gemini", {"contents": [], "cachedContent": "x"}, "cachedContent"),
        ("gemini", {"contents": [{"parts": [{"fileData": {"fileUri": "gs://x"}}]}]}, "fileData"),
        ("gemini", {"contents": [], "generationConfig": {"candidateCount": 2}}, "candidateCount"),
    ],
)
def test_what_cannot_be_said_is_named_and_never_dropped(client: str, request_: Json, named: str) -> None:
    with pytest.raises(UntranslatableError, match=named):
        to("chat", client, request_)


@pytest.mark.parametrize(
    ("client", "request_", "dropped"),
    [
        ("responses", {"input": "x", "tools": [{"type": "web_search"}, {"type": "mcp"}]}, ["web_search", "mcp"]),
        (
            "messages",
            {"messages": [], "tools": [{"type": "web_search_20250305", "name": "w"}]},
            ["web_search_20250305"],
        ),
        (
            "gemini",
            {"contents": [], "tools": [{"google_search": {}}, {"codeExecution": {}}]},
            ["googleSearch", "codeExecution"],
        ),
    ],
)
def test_the_providers_own_tools_are_left_out_and_listed(client: str, request_: Json, dropped: list[str]) -> None:
    route = route_of(PATHS[client], {})
    assert route is not None
    translation = translate(route, ["chat"], request_, model="m", stream=False)
    assert list(translation.dropped_tools) == dropped
    assert "tools" not in translation.request


@pytest.mark.parametrize(
    ("client", "given", "choice"),
    [
        ("responses", {"type": "function", "name": "run"}, {"type": "function", "function": {"name": "run"}}),
        ("responses", "none", "none"),
        ("messages", {"type": "tool", "name": "run"}, {"type": "function", "function": {"name": "run"}}),
        ("messages", {"type": "none"}, "none"),
        ("gemini", {"functionCallingConfig": {"mode": "NONE"}}, "none"),
        ("gemini", {"function_calling_config": {"mode": "AUTO"}}, "auto"),
    ],
)
def test_the_choice_of_a_tool_is_kept(client: str, given: Any, choice: Any) -> None:
    requests: dict[str, Json] = {
        "responses": {"input": "x", "tools": [{"type": "function", "name": "run"}], "tool_choice": given},
        "messages": {"messages": [], "tools": [{"name": "run", "input_schema": RUN}], "tool_choice": given},
        "gemini": {"contents": [], "tools": [{"functionDeclarations": [{"name": "run"}]}], "toolConfig": given},
    }
    assert to("chat", client, requests[client])["tool_choice"] == choice


@pytest.mark.parametrize(
    ("client", "request_"),
    [
        ("responses", {"input": "x", "text": {"format": {"type": "json_schema", "name": "output", "schema": RUN}}}),
        ("messages", {"messages": [], "output_config": {"format": {"type": "json_schema", "schema": RUN}}}),
        ("gemini", {"contents": [], "generationConfig": {"responseJsonSchema": RUN}}),
    ],
)
def test_a_schema_for_the_answer_is_kept(client: str, request_: Json) -> None:
    form = to("chat", client, request_)["response_format"]
    assert (form["type"], form["json_schema"]["name"], form["json_schema"]["schema"]) == ("json_schema", "output", RUN)


def test_a_result_whose_call_was_cut_out_of_the_history_is_still_told() -> None:
    asked = to("chat", "responses", {"input": [{"type": "function_call_output", "call_id": "a", "output": "ok"}]})
    text = "Result of the tool call a:"
    assert asked["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": text}, {"type": "text", "text": "ok"}]}
    ]


def test_pictures_count_as_much_as_pages_in_an_estimate() -> None:
    assert estimated_tokens({"messages": [{"role": "user", "content": "four" * 10}]}) == 11
    assert estimated_tokens({"messages": [{"role": "user", "content": [IMAGE]}]}) == 1501
