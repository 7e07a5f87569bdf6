"""A reply as the Responses wire has it: a list of items, each of them opened, filled and closed in the stream."""

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Literal

from codingagentbench.gateway.json_bytes import encode
from codingagentbench.gateway.translate.calls import Call, Calls
from codingagentbench.gateway.translate.delta import Delta, Finish, Json, ToolDelta, sse
from codingagentbench.gateway.translate.responses_request import Tools
from codingagentbench.store.record import Usage

_ECHOED: Json = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": None,
    "store": False,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
}
"""What a response repeats of its request, and what stands there where the request had nothing."""
_REASONS: dict[Finish, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}
Kind = Literal["reasoning", "text", "refusal"]


@dataclass
class ResponsesWriter:
    """Of one reply."""

    request: Json
    tools: Tools
    output: list[Json] = field(default_factory=list)
    _id: str = field(default_factory=lambda: f"resp_{secrets.token_hex(16)}")
    _created: int = field(default_factory=lambda: int(time.time()))
    _number: int = 0
    _calls: Calls = field(default_factory=Calls)
    _open: Kind | None = None
    """What the last item is being filled with; calls may be open beside it."""
    _finish: Finish | None = None
    _usage: Usage | None = None
    _error: Json | None = None

    def begin(self) -> bytes:
        """`response.created` and `response.in_progress`."""
        begun = self._response("in_progress")
        return self._event("created", response=begun) + self._event("in_progress", response=begun)

    def write(self, delta: Delta) -> bytes:
        """Events of a piece."""
        self._finish = delta.finish or self._finish
        self._usage = delta.usage or self._usage
        self._error = delta.error or self._error
        events = b""
        if delta.reasoning:
            events += self._thought(delta.reasoning, delta.reasoning_mark)
        if delta.text:
            events += self._said("text", delta.text)
        if delta.refusal:
            events += self._said("refusal", delta.refusal)
        return events + b"".join(self._called(piece) for piece in delta.tools)

    def end(self) -> bytes:
        """Closes what is open; `response.completed`, `.incomplete` or `.failed`."""
        events = self._close_all()
        status = self._status()
        return events + self._event(status, response=self._response(status))

    def body(self) -> Json:
        """The response object."""
        self._close_all()
        return self._response(self._status())

    def _status(self) -> str:
        if self._error is not None:
            return "failed"
        return "incomplete" if self._finish in _REASONS else "completed"

    def _response(self, status: str) -> Json:
        reason = _REASONS.get(self._finish) if self._finish and status == "incomplete" else None
        said = self._error or {}
        error = {"code": str(said.get("code") or "server_error"), "message": str(said.get("message") or "")}
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "model": self.request.get("model"),
            "output": list(self.output),
            "error": error if status == "failed" else None,
            "incomplete_details": {"reason": reason} if reason else None,
            "usage": _usage(self._usage) if status != "in_progress" else None,
            **{k: self.request[k] if self.request.get(k) is not None else v for k, v in _ECHOED.items()},
        }

    def _thought(self, text: str, mark: str) -> bytes:
        events = b""
        if self._open != "reasoning":
            events = self._close()
            item: Json = {
                "id": f"rs_{secrets.token_hex(16)}",
                "type": "reasoning",
                "summary": [],
                "encrypted_content": mark,
            }
            events += self._add(item, "reasoning")
            part = {"type": "summary_text", "text": ""}
            events += self._event("reasoning_summary_part.added", **self._place("summary_index"), part=dict(part))
            item["summary"] = [part]
        self.output[-1]["summary"][0]["text"] += text
        return events + self._event("reasoning_summary_text.delta", **self._place("summary_index"), delta=text)

    def _said(self, kind: Literal["text", "refusal"], text: str) -> bytes:
        events = b""
        if self._open != kind:
            events = self._close()
            item: Json = {"id": f"msg_{secrets.token_hex(16)}", "type": "message", "role": "assistant", "content": []}
            events += self._add(item, kind)
            part = {"type": "refusal", "refusal": ""} if kind == "refusal" else _empty_text()
            events += self._event("content_part.added", **self._place("content_index"), part=dict(part))
            item["content"] = [part]
        self.output[-1]["content"][0][kind] += text
        logprobs: Json = {} if kind == "refusal" else {"logprobs": []}
        return events + self._event(f"{_NAMES[kind]}.delta", **self._place("content_index"), delta=text, **logprobs)

    def _called(self, piece: ToolDelta) -> bytes:
        call, new = self._calls.add(piece)
        events = b""
        if new:
            events = self._close()
            events += self._add(self._call_item(call), None)
            call.position = len(self.output) - 1
        if piece.arguments and call.name not in self.tools.custom:
            events += self._event("function_call_arguments.delta", **self._at(call.position), delta=piece.arguments)
        return events

    def _call_item(self, call: Call) -> Json:
        identity = {"call_id": call.id, "name": call.name}
        if call.name in self.tools.namespaces:
            namespace, name = self.tools.namespaces[call.name]
            identity |= {"namespace": namespace, "name": name}
        if call.name in self.tools.custom:
            return {"id": f"ctc_{secrets.token_hex(16)}", "type": "custom_tool_call", **identity, "input": ""}
        return {"id": f"fc_{secrets.token_hex(16)}", "type": "function_call", **identity, "arguments": ""}

    def _add(self, item: Json, kind: Kind | None) -> bytes:
        item["status"] = "in_progress"
        self.output.append(item)
        self._open = kind
        return self._event("output_item.added", output_index=len(self.output) - 1, item=item)

    def _close_all(self) -> bytes:
        """Calls are closed at the end: only then is it sure that no piece of theirs is missing."""
        return self._close() + b"".join(self._close_call(call) for call in self._calls.all)

    def _close(self) -> bytes:
        """Close the text or reasoning that is open."""
        kind, self._open = self._open, None
        if kind is None:
            return b""
        item = self.output[-1]
        if kind == "reasoning":
            part = item["summary"][0]
            place, part_done, done = self._place("summary_index"), "reasoning_summary_part", {"text": part["text"]}
        else:
            part = item["content"][0]
            place, part_done = self._place("content_index"), "content_part"
            done = {kind: part[kind]} if kind == "refusal" else {"text": part["text"], "logprobs": []}
        events = self._event(f"{_NAMES[kind]}.done", **place, **done)
        events += self._event(f"{part_done}.done", **place, part=part)
        return events + self._done(len(self.output) - 1)

    def _close_call(self, call: Call) -> bytes:
        item = self.output[call.position]
        if item["status"] != "in_progress":
            return b""
        if item["type"] == "custom_tool_call":
            item["input"] = _custom_input(call.arguments)
            events = self._event("custom_tool_call_input.delta", **self._at(call.position), delta=item["input"])
            events += self._event("custom_tool_call_input.done", **self._at(call.position), input=item["input"])
        else:
            item["arguments"] = call.arguments
            done = {"name": item["name"], "arguments": call.arguments}
            events = self._event("function_call_arguments.done", **self._at(call.position), **done)
        return events + self._done(call.position)

    def _done(self, position: int) -> bytes:
        cut = self._finish == "length" and position == len(self.output) - 1
        self.output[position]["status"] = "incomplete" if cut else "completed"
        return self._event("output_item.done", output_index=position, item=self.output[position])

    def _place(self, index: str) -> Json:
        return {**self._at(len(self.output) - 1), index: 0}

    def _at(self, position: int) -> Json:
        return {"item_id": self.output[position]["id"], "output_index": position}

    def _event(self, kind: str, **fields: object) -> bytes:
        name = f"response.{kind}"
        data = encode({"type": name, "sequence_number": self._number, **fields})
        self._number += 1
        return sse(data, name)


_NAMES: dict[Kind, str] = {
    "reasoning": "reasoning_summary_text",
    "text": "output_text",
    "refusal": "refusal",
}


def _empty_text() -> Json:
    return {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


def _custom_input(arguments: str) -> str:
    """The text in the one argument; a model that did not keep to the schema gets its words through as they are."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return arguments
    text = value.get("input") if isinstance(value, dict) else None
    return text if isinstance(text, str) else arguments


def _usage(usage: Usage | None) -> Json | None:
    """None where the endpoint reported none."""
    if usage is None or usage.input_uncached is None:
        return None
    total = usage.input_uncached + (usage.input_cache_read or 0) + (usage.input_cache_write or 0)
    output = usage.output or 0
    return {
        "input_tokens": total,
        "input_tokens_details": {
            "cached_tokens": usage.input_cache_read or 0,
            "cache_write_tokens": usage.input_cache_write or 0,
        },
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": total + output,
    }
