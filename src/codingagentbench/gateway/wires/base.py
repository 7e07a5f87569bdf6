"""What every wire shape says of itself, and the small readers that their modules share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from codingagentbench.store.record import Usage

Operation = Literal["generate", "count_tokens", "embed"]
RefusalReason = Literal["refusal", "content_filter", "safety"]


@dataclass(frozen=True, slots=True)
class Route:
    """What the address of a client's request says."""

    wire: str
    operation: Operation
    path: str
    """Below the version, e.g. `/chat/completions`; `{model}` stands where the wire has the model in its path."""
    version: str = "v1"
    model: str | None = None
    """Where the model stands in the path; None: in the body."""
    stream: bool | None = None
    """Where the path says it; None: the body does."""
    array: bool = False
    """Gemini without `alt=sse`: the stream is one JSON array."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one piece of a reply says: one event's data, or a whole body."""

    usage: Usage | None = None
    finish_reason: str | None = None
    refusal: RefusalReason | None = None
    output: bool = False
    """It carries text, reasoning or a tool call."""
    ended: bool = False
    """The stream's proper end."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One wire shape as functions."""

    name: str
    addresses: tuple[str, ...]
    """For people: method and path of each operation."""
    route: Callable[[str, Mapping[str, str]], Route | None]
    """From a request's path and query."""
    read: Callable[[Mapping[str, Any]], Reading]
    usage: Callable[[Mapping[str, Any]], Usage]
    """Of the usage object alone."""
    error: Callable[[int, str, str], dict[str, Any]]
    """Body of an error from status, message and code."""
    models: Callable[..., dict[str, Any]]
    """The list of models that has only these."""
    model: Callable[[str], dict[str, Any]]
    credential: Callable[[str], tuple[str, str]]
    """Header that brings a key to an endpoint."""


def count(usage: Mapping[str, Any], key: str) -> int | None:
    """A counter; None where it is missing or none."""
    value = usage.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def child(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object below a key; empty where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def objects(value: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of a list below a key."""
    found = value.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def text(value: Mapping[str, Any], key: str) -> str | None:
    """A string below a key that is not empty."""
    found = value.get(key)
    return found if isinstance(found, str) and found else None


def bearer(key: str) -> tuple[str, str]:
    """The header of both OpenAI shapes."""
    return "Authorization", f"Bearer {key}"
