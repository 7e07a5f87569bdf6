"""Tokens counted here, where an endpoint reports none: with a vocabulary that is not the model's own, so marked so."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from codingagentbench.gateway.json_array import ArrayReader
from codingagentbench.gateway.json_bytes import decode
from codingagentbench.gateway.sse import EventReader, MalformedStreamError
from codingagentbench.gateway.wires.said import said_texts
from codingagentbench.store.record import Usage

VOCABULARY = "o200k_base"
MAX_TEXT = 8 << 20
"""Characters; what is longer stays unknown, for counting it would hold up the recording of others."""
_EACH_MESSAGE = 3  # tokens around a message, as OpenAI's own counting example has it
_HISTORY = ("messages", "input", "contents", "content", "requests")
_BESIDE = ("system", "instructions", "systemInstruction", "system_instruction", "tools")
_OPAQUE = frozenset({"data", "encrypted_content", "signature", "thoughtSignature", "image_url", "file_data", "url"})


def completed(wire: str, usage: Usage | None, request: bytes, response: bytes) -> Usage | None:
    """The counters with unknown input and output estimated; None where that cannot be done."""
    known = usage or Usage()
    try:
        sent = _count(_request_texts(request)) if known.input_uncached is None else known.input_uncached
        got = _count(_reply_texts(wire, response)) if known.output is None else known.output
    except (ValueError, RecursionError, MalformedStreamError):
        return None
    return None if sent is None or got is None else msgspec.structs.replace(known, input_uncached=sent, output=got)


@cache
def _encoding() -> Any:  # bpe_openai.Encoding; imported when first needed: 0.2 s and 120 MiB
    import bpe_openai  # noqa: PLC0415

    return bpe_openai.get_encoding(VOCABULARY)


def _count(pieces: Iterator[str]) -> int | None:
    text = "".join(pieces)
    if len(text) > MAX_TEXT:
        return None
    return len(_encoding().encode_ordinary(text.encode("utf-8", "replace").decode()))


def _request_texts(request: bytes) -> Iterator[str]:
    content = decode(request)
    if not isinstance(content, dict):
        return
    for key in _HISTORY:
        history = content.get(key)
        for message in history if isinstance(history, list) else [history]:
            yield from _leaves(message)
            yield "\n" * _EACH_MESSAGE if message is not None else ""
    for key in _BESIDE:
        if content.get(key):
            yield json.dumps(content[key], ensure_ascii=False, separators=(",", ":"))


def _leaves(value: object) -> Iterator[str]:
    """Every text below a value, but images, files and signatures, which are no text to a model."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _OPAQUE:
                yield from _leaves(item)


def _reply_texts(wire: str, response: bytes) -> Iterator[str]:
    for data in _pieces(response):
        value = decode(data)
        if isinstance(value, dict):
            yield from said_texts(wire, value)


def _pieces(response: bytes) -> Iterator[bytes]:
    """The JSON texts of a reply: of a body one, of a stream one an event."""
    begin = response.lstrip()[:1]
    if begin == b"{":
        yield response
        return
    reader = ArrayReader() if begin == b"[" else EventReader()
    for event in [*reader.feed(response), *reader.close()]:
        if event.data and event.data.strip() != b"[DONE]":
            yield event.data
