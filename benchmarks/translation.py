"""Translation between wires: ours against LiteLLM's adapters, to one loopback endpoint of chat, in one run.

Import: wall, CPU and memory of a fresh interpreter. Chunk: CPU of this process for each chunk of a streamed reply, from
the socket to the client's event. Faithfulness: what of a request and of a reply is still there on the other side.

    python benchmarks/translation.py [--chunks 2000] [--json]
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import ClientSession, web

from codingagentbench.gateway.json_bytes import decode
from codingagentbench.gateway.sse import EventReader
from codingagentbench.gateway.translate import translate
from codingagentbench.gateway.wires import route_of

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else its import asks the network for a price list
Json = dict[str, Any]
Turn = tuple[Json, list[Json]]
"""What the endpoint was sent, and the client's events."""
Ask = Callable[[str, Json], Awaitable[Turn]]

PATHS = {"responses": "/v1/responses", "messages": "/v1/messages", "gemini": "/v1beta/models/m:streamGenerateContent"}
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 40}}
SCHEMA = {"type": "object", "properties": {"cmd": {"type": "string"}}}
REQUESTS: dict[str, Json] = {
    "responses": {
        "input": [
            {"type": "message", "role": "user", "content": "go"},
            {
                "type": "reasoning",
                "id": "r",
                "summary": [{"type": "summary_text", "text": "x"}],
                "encrypted_content": "y",
            },
            {"type": "function_call", "call_id": "a", "name": "run", "arguments": "{}"},
            {"type": "function_call", "call_id": "b", "name": "run", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "1"},
            {"type": "function_call_output", "call_id": "b", "output": "2"},
        ],
        "tools": [
            {"type": "function", "name": "run", "parameters": SCHEMA, "strict": False},
            {
                "type": "custom",
                "name": "patch",
                "format": {"type": "grammar", "syntax": "lark", "definition": "start: X"},
            },
            {"type": "web_search"},
        ],
        "tool_choice": "required",
    },
    "messages": {
        "max_tokens": 77,
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "run", "input": {}}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "a", "content": "No such file", "is_error": True}],
            },
        ],
        "tools": [{"name": "run", "input_schema": SCHEMA}, {"type": "web_search_20250305", "name": "web_search"}],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    },
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"text": "go"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "run", "args": {"cmd": c}}} for c in "ab"]},
            {"role": "user", "parts": [{"functionResponse": {"name": "run", "response": {"output": c}}} for c in "12"]},
        ],
        "tools": [{"functionDeclarations": [{"name": "run", "parametersJsonSchema": SCHEMA}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
    },
}


def main() -> None:
    """Print the table or, with --json, one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures: Json = {
        "import ours": _import("codingagentbench.gateway.translate"),
        "import litellm": _import("litellm"),
        **asyncio.run(_compare(arguments.chunks)),
    }
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<78} {value}")


def _import(module: str) -> Json:
    script = (
        "import time, resource; wall = time.perf_counter(); "
        f"import {module}; "
        "usage = resource.getrusage(resource.RUSAGE_SELF); "
        "print(time.perf_counter() - wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True)
    wall, cpu, memory = map(float, done.stdout.split()[-3:])
    return {"wall_s": round(wall, 2), "cpu_s": round(cpu, 2), "rss_mib": round(memory)}


async def _compare(chunks: int) -> Json:
    figures: Json = {}
    async with _endpoint(chunks) as (base_url, received), ClientSession() as client:
        ways: dict[str, Ask] = {"ours": _ours(client, base_url, received), "litellm": _litellm(base_url, received)}
        for wire in REQUESTS:
            for name, ask in ways.items():
                figures[f"{wire}: CPU per chunk, {name}, with the endpoint's own, us"] = await _chunk_cost(
                    ask, wire, chunks
                )
        for wire, request in REQUESTS.items():
            for name, ask in ways.items():
                asked, events = await ask(wire, {**request, "_turn": "work"})
                for question, holds in _questions(wire, asked, events).items():
                    figures[f"{wire}: {question}: {name}"] = "yes" if holds else "no"
            for name, ask in ways.items():
                figures[f"{wire}: a reply that says one word 2,000 times arrives: {name}"] = await _survives(ask, wire)
    return figures


async def _chunk_cost(ask: Ask, wire: str, chunks: int) -> float:
    plain = {key: value for key, value in REQUESTS[wire].items() if key not in {"tools", "tool_choice", "toolConfig"}}
    await ask(wire, {**plain, "_turn": "long"})
    began = time.process_time()
    await ask(wire, {**plain, "_turn": "long"})
    return round((time.process_time() - began) / chunks * 1e6, 1)


async def _survives(ask: Ask, wire: str) -> str:
    with suppress(Exception):  # whatever it raises, the reply did not arrive
        _, events = await ask(wire, {**REQUESTS[wire], "_turn": "loop"})
        return "yes" if json.dumps(events).count("word") >= 2000 else "no"  # as the question says
    return "no"


def _questions(wire: str, asked: Json, events: list[Json]) -> dict[str, bool]:
    said = json.dumps(events)
    common = {
        "tool_choice kept": asked.get("tool_choice") == "required",
        "asks the endpoint for no search of its own": "web_search_options" not in asked,
        "cached tokens reported": ": 40" in said,
        "reasoning shown": "I think" in said,
        "both parallel calls": '"name": "run"' in said and '"name": "patch"' in said,
        "under the endpoint's ids": "call_1" in said and "call_2" in said,
    }
    turns = asked["messages"]
    match wire:
        case "responses":
            custom = [e for e in events if e["type"] == "response.custom_tool_call_input.delta"]
            thought = [e for e in events if e["type"] == "response.completed"][-1]["response"]["output"][0]
            return common | {
                "grammar of a freeform tool kept": "start: X" in json.dumps(asked["tools"]),
                "freeform call in its own events": bool(custom),
                "reasoning item as the wire has it (a summary)": bool(thought.get("summary")),
                "another model's reasoning stays behind": not any("reasoning_content" in turn for turn in turns),
            }
        case "messages":
            return common | {
                "a failed tool is told to have failed": "fail" in json.dumps(turns[-1]).lower(),
                "one call at a time, where asked for": asked.get("parallel_tool_calls") is False,
                "thinking is signed, as the wire has it": "signature_delta" in said,
            }
    ids = [call["id"] for turn in turns for call in turn.get("tool_calls") or []]
    return common | {"two calls of one tool have two ids": len(set(ids)) == len(ids)}


def _ours(client: ClientSession, base_url: str, received: list[Json]) -> Ask:
    async def ask(wire: str, request: Json) -> Turn:
        turn = request.pop("_turn")
        route = route_of(PATHS[wire], {"alt": "sse"})
        assert route is not None
        made = translate(route, ["chat"], {**request, "stream": True}, model="m", stream=True)
        out, events, ended = [made.begin()], EventReader(), False
        url = f"{base_url}/{turn}/chat/completions"
        async with client.post(url, data=made.body("m"), headers={"Content-Type": "application/json"}) as reply:
            async for chunk in reply.content.iter_any():
                for event in events.feed(chunk):
                    ended = ended or event.data == b"[DONE]"
                    if not ended:
                        out.append(made.event(decode(event.data)))
        out.append(made.end(ended=ended))
        return received[-1], [json.loads(event.data) for event in EventReader().feed(b"".join(out))]

    return ask


def _litellm(base_url: str, received: list[Json]) -> Ask:
    import litellm  # noqa: PLC0415  # only after its import was measured
    from litellm.anthropic_interface import messages  # noqa: PLC0415
    from litellm.google_genai import agenerate_content_stream  # noqa: PLC0415

    async def ask(wire: str, request: Json) -> Turn:
        to: Json = {"model": "custom_openai/m", "api_base": f"{base_url}/{request.pop('_turn')}", "api_key": "k"}
        events: list[Any] = []
        if wire == "responses":
            stream: Any = await litellm.aresponses(**to, **request, stream=True)
        elif wire == "messages":
            stream = await messages.acreate(**to, **request, stream=True)
        else:
            stream = await agenerate_content_stream(**to, **request)
        async for event in stream:
            events += _events(event)
        return received[-1], events

    return ask


def _events(event: Any) -> list[Json]:
    """LiteLLM gives models on one wire, bytes on the others."""
    if isinstance(event, bytes):
        return [json.loads(e.data) for e in EventReader().feed(event) if e.data]
    return [json.loads(event.model_dump_json())]


@asynccontextmanager
async def _endpoint(chunks: int) -> AsyncIterator[tuple[str, list[Json]]]:
    received: list[Json] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        received.append(await request.json())
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for delta in _deltas(request.match_info["turn"], chunks):
            await response.write(_chunk([{"index": 0, "finish_reason": None, **delta}]))
        await response.write(_chunk([], usage=USAGE))
        await response.write(b"data: [DONE]\n\n")
        return response

    app = web.Application(client_max_size=64 << 20)
    app.router.add_post("/{turn}/chat/completions", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}", received
    finally:
        await runner.cleanup()


def _deltas(turn: str, chunks: int) -> list[Json]:
    if turn == "work":
        calls = [("call_1", "run", '{"cmd": "ls"}'), ("call_2", "patch", '{"input": "*** Begin"}')]
        functions = [
            {"index": n, "id": i, "type": "function", "function": {"name": name, "arguments": given}}
            for n, (i, name, given) in enumerate(calls)
        ]
        said: list[Json] = [{"reasoning_content": "I think"}, {"content": "I look"}]
        return [{"delta": d} for d in [*said, *({"tool_calls": [f]} for f in functions)]] + [_last("tool_calls")]
    texts = ["word "] * 2000 if turn == "loop" else [f"word {n} " for n in range(chunks)]
    return [*({"delta": {"content": text}} for text in texts), _last("stop")]


def _last(reason: str) -> Json:
    return {"delta": {}, "finish_reason": reason}


def _chunk(choices: list[Json], **more: Any) -> bytes:
    head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps({**head, "choices": choices, **more}).encode() + b"\n\n"


if __name__ == "__main__":
    main()
