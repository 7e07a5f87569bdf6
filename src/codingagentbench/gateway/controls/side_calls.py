"""What a control answers besides conversation: how many tokens a request has, and embeddings."""

import hashlib
from collections.abc import Iterable

from codingagentbench.gateway.controls.history import Json, count_tokens, read_conversation

DIMENSIONS = 8


def counted(wire: str, model: str, request: Json) -> Json:
    """The reply to count_tokens, by the controls' tokeniser."""
    del model
    tokens = read_conversation(wire, request).prompt_tokens
    return {"totalTokens": tokens} if wire == "gemini" else {"input_tokens": tokens}


def embedded(wire: str, model: str, request: Json) -> Json:
    """A vector for each text: made of its digest, so that equal texts have equal vectors and no others have."""
    if wire == "gemini":
        many = request.get("requests")
        if isinstance(many, list):
            return {"embeddings": [{"values": _vector(str(one))} for one in many]}
        return {"embedding": {"values": _vector(str(request.get("content")))}}
    given = request.get("input")
    texts: Iterable[object] = given if isinstance(given, list) else [given]
    data = [{"object": "embedding", "index": i, "embedding": _vector(str(t))} for i, t in enumerate(texts)]
    tokens = count_tokens(str(given))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": model, "usage": usage}


def _vector(text: str) -> list[float]:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return [byte / 255 for byte in digest[:DIMENSIONS]]
