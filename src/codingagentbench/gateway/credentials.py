"""How a client brings the cell's token, and how the endpoint gets its key: each wire has its own header."""

from collections.abc import Iterator

from aiohttp import web

from codingagentbench.gateway.wires import SHAPES

CREDENTIAL_HEADERS = frozenset({"authorization", "x-api-key", "x-goog-api-key", "api-key"})


def offered_tokens(request: web.BaseRequest) -> Iterator[str]:
    """What could be the cell's token: of `Authorization: Bearer`, `x-api-key`, `x-goog-api-key` and `?key=`."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield given.strip()
    for header in ("x-api-key", "x-goog-api-key"):
        if header in request.headers:
            yield request.headers[header].strip()
    if "key" in request.query:
        yield request.query["key"]


def endpoint_credential(wire: str, key: str | None) -> dict[str, str]:
    """The header that an endpoint of this wire looks for; none without a key."""
    return {} if not key else dict([SHAPES[wire].credential(key)])
