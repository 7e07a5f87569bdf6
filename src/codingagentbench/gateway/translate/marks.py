"""How reasoning finds its way back.

Endpoints that think aloud disagree on the field (`reasoning_content` or `reasoning`), and one that never sends it may
refuse a request that has it. So reasoning goes to the client under a mark that names the field, in the place that its
wire has for an opaque signature; what comes back with our mark goes back under that field, and what does not is of
another model's making and stays behind.
"""

import base64
import binascii

FIELDS = ("reasoning_content", "reasoning")
_PREFIX = "cab-reasoning:"


def mark(field: str) -> str:
    """The signature to give a client."""
    return _PREFIX + field


def field_of(signature: object) -> str | None:
    """The chat field that reasoning under this signature came in; None where it is not ours."""
    field = signature.removeprefix(_PREFIX) if isinstance(signature, str) and signature.startswith(_PREFIX) else None
    return field if field in FIELDS else None


def as_bytes(signature: str) -> str:
    """Gemini's signatures are bytes, in base64."""
    return base64.b64encode(signature.encode()).decode()


def from_bytes(signature: object) -> str | None:
    """The opposite of `as_bytes`; None for what it did not make."""
    try:
        return base64.b64decode(standard_base64(signature), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def standard_base64(data: object) -> str:
    """Of base64 in either alphabet: protobuf's JSON reads both, a `data:` URL has the standard one."""
    return str(data).replace("-", "+").replace("_", "/")
