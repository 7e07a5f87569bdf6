"""The four wire shapes, and what is asked of whichever one is meant."""

from collections.abc import Mapping
from urllib.parse import quote

from codingagentbench.gateway.json_bytes import encode
from codingagentbench.gateway.wires import chat, gemini, messages, responses
from codingagentbench.gateway.wires.base import Route

SHAPES = {module.SHAPE.name: module.SHAPE for module in (chat, responses, messages, gemini)}
ADDRESSES = (
    *(address for shape in SHAPES.values() for address in shape.addresses),
    "GET /v1/models",
    "GET /v1beta/models",
)
"""Every address that the gateway knows, for people."""
_VERSIONS = ("/v1beta", "/v1")
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _CLIENT_ERROR, _SERVER_ERROR = 401, 403, 429, 400, 500


def route_of(path: str, query: Mapping[str, str]) -> Route | None:
    """Which operation of which wire an address is; None for none."""
    return next((found for shape in SHAPES.values() if (found := shape.route(path, query))), None)


def wire_of_client(path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The wire that a client speaks whose address says none, by how it says its key."""
    if path.startswith("/v1beta/") or "x-goog-api-key" in headers or "key" in query:
        return "gemini"
    return "messages" if "anthropic-version" in headers or "x-api-key" in headers else "chat"


def endpoint_url(base_url: str, route: Route, model: str) -> str:
    """Where an endpoint serves a route. `base_url` goes up to and with the version (`/v1`).

    A client's own version takes its place where they differ, for Gemini is `/v1beta` where the others are `/v1`.
    """
    version = next((v for v in _VERSIONS if base_url.endswith(v)), None)
    base = (
        base_url if version is None or route.wire != "gemini" else f"{base_url.removesuffix(version)}/{route.version}"
    )
    return base + route.path.replace("{model}", quote(model, safe="/"))


def error_body(wire: str, status: int, message: str, code: str) -> bytes:
    """An error as the wire's own clients expect it."""
    return encode(SHAPES[wire].error(status, message, code))


def error_of_status(status: int) -> str | None:
    """The failure-table row of an endpoint's HTTP status; None below 400."""
    if status < _CLIENT_ERROR:
        return None
    named = {_UNAUTHORIZED: "endpoint_unauthorized", _FORBIDDEN: "endpoint_unauthorized"}
    if status == _TOO_MANY:
        return "endpoint_rate_limited"
    return named.get(status, "endpoint_error" if status >= _SERVER_ERROR else "endpoint_rejected")
