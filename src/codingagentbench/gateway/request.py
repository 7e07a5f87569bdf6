"""A client's request: what the gateway has to know of it, with every other byte left as it came."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from codingagentbench.gateway.json_bytes import decode, decode_fields, encode
from codingagentbench.gateway.wires import Route

MAX_REQUEST_BYTES = 64 << 20


class BadRequestError(ValueError):
    """The body is no JSON object; the text says where."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request of any wire."""

    body: bytes = field(repr=False)
    fields: dict[str, Any] = field(repr=False)
    """Top-level values: raw JSON where that could be had, else decoded."""
    model: object
    stream: bool
    asks_usage: bool
    """stream_options.include_usage is on."""
    model_in_body: bool = True
    """False where the address says the model (Gemini)."""

    def content(self) -> dict[str, Any]:
        """The whole request decoded."""
        return _object(self.body)

    def rewritten(self, *, model: str, ask_usage: bool) -> bytes:
        """The body for the endpoint: the client's own bytes, or with these two values replaced and no other touched."""
        rename = self.model_in_body and model != self.model
        if not rename and not ask_usage:
            return self.body
        changed = {**self.fields, "model": model} if rename else dict(self.fields)
        if ask_usage:
            options = _value(self.fields.get("stream_options"))
            changed["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
        return encode(changed)


def read_request(body: bytes, route: Route | None = None) -> ModelRequest:
    """What the body says, and the address where it says more. Raises BadRequestError where the body is no object."""
    _check_utf8(body)
    fields = decode_fields(body)
    if fields is None:
        fields = _object(body)
    options = _value(fields.get("stream_options"))
    in_path = route.model if route else None
    return ModelRequest(
        body=body,
        fields=fields,
        model=in_path or _value(fields.get("model")),
        stream=_value(fields.get("stream")) is True if route is None or route.stream is None else route.stream,
        asks_usage=isinstance(options, dict) and options.get("include_usage") is True,
        model_in_body=in_path is None,
    )


def _check_utf8(body: bytes) -> None:
    """Raw fields are not looked into, so this is what makes sure that they can be decoded later."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        msg = f"the request is no JSON: not UTF-8 at byte {error.start}"
        raise BadRequestError(msg) from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = decode(body)
    except ValueError as error:
        msg = f"the request is no JSON: {error}"
        raise BadRequestError(msg) from error
    if not isinstance(content, dict):
        msg = f"the request is a JSON {type(content).__name__}: it must be an object"
        raise BadRequestError(msg)
    return content


def _value(raw: object) -> object:
    if not isinstance(raw, msgspec.Raw):
        return raw
    try:
        return decode(bytes(raw))
    except ValueError as error:
        msg = f"the request is no JSON: {error}"
        raise BadRequestError(msg) from error
