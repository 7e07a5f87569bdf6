"""How many tokens a request is, roughly, where the endpoint cannot be asked."""

from collections.abc import Iterator

from codingagentbench.gateway.json_bytes import encode
from codingagentbench.gateway.translate.delta import Json

_BYTES_A_TOKEN = 4
"""Of English and of code, about right for every tokeniser in use; a guess all the same."""
_TOKENS_A_PICTURE = 1500
_TEXT = ("text", "content", "arguments", "name")


def estimated_tokens(chat: Json) -> int:
    """Tokens of a chat request's messages and tools; pictures and documents count the same whatever their size."""
    tools = encode(chat.get("tools") or [])
    texts, media = len(tools), 0
    for text in _texts(chat["messages"]):
        texts += len(text.encode("utf-8", "surrogatepass")) if text is not None else 0
        media += text is None
    return -(-texts // _BYTES_A_TOKEN) + media * _TOKENS_A_PICTURE


def _texts(value: object) -> Iterator[str | None]:
    """Every text that a model reads; None for every picture or document."""
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        if value.get("type") in {"image_url", "file", "input_audio"}:
            yield None
            return
        for key, item in value.items():
            if key in _TEXT and isinstance(item, str):
                yield item
            else:
                yield from _texts(item)
