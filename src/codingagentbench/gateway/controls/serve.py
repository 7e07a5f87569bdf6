"""One call to a control: a request in, a whole body or stream events out."""

import json
from collections.abc import Iterator
from typing import Any

from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.controls.hands import decide
from codingagentbench.gateway.controls.render import (
    chat_body,
    chat_stream,
    read_request,
    responses_body,
    responses_stream,
)


def answer(backend: ControlBackend, wire: str, model: str, request: dict[str, Any]) -> bytes | Iterator[bytes]:
    """Bytes of a JSON body, or the chunks of a stream where the request asked for one."""
    talk = read_request(wire, request)
    reply = decide(backend, turn=talk.turn, tools=talk.tools)
    if talk.stream:
        return (chat_stream if wire == "chat" else responses_stream)(model, talk, reply)
    return json.dumps((chat_body if wire == "chat" else responses_body)(model, talk, reply)).encode()
