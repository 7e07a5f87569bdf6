"""JSON from other people's programs: fast where it is plain, and lenient where the CLIs' own parsers are."""

import json
from typing import Any

import msgspec


def decode(data: bytes) -> Any:  # any JSON value
    """The value. Raises ValueError, in words, where it is no JSON.

    msgspec refuses what JavaScript and Python write and read without complaint (lone surrogates as escapes, numbers
    beyond a double); a call must not fail here that would have worked without us, so the standard library decides.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _leniently(data)


def decode_fields(data: bytes) -> dict[str, msgspec.Raw] | None:
    """The fields of an object with their bytes as they are; None where they cannot be had so."""
    try:
        return msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def encode(value: object) -> bytes:
    """Compact JSON of what `decode` gave, lone surrogates as escapes."""
    try:
        return msgspec.json.encode(value)
    except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError, RecursionError):
        return json.dumps(value, separators=(",", ":")).encode()


def canonical(data: bytes) -> bytes:
    """The same JSON with its keys sorted and no blanks; `data` itself where it is no JSON."""
    try:
        return msgspec.json.encode(msgspec.json.decode(data), order="deterministic")
    except (msgspec.MsgspecError, UnicodeError, OverflowError, RecursionError):
        pass
    try:
        return json.dumps(_leniently(data), separators=(",", ":"), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return data


def _leniently(data: bytes) -> Any:  # any JSON value
    try:
        return json.loads(data)
    except UnicodeDecodeError as error:
        msg = f"not UTF-8 at byte {error.start}"
        raise ValueError(msg) from error
    except RecursionError as error:
        msg = "nested too deeply"
        raise ValueError(msg) from error
