"""What a cell with a plugin stack left behind: the requests that its CLI sent, and the span of the stack."""

import json
from typing import Any

import zstandard

from codingagentbench.store.attempts import Attempt


def requests(attempt: Attempt) -> list[str]:
    """The bodies of the model calls, as the CLI sent them."""
    pack, texts = (attempt.folder / "bodies.zst").read_bytes(), []
    for call in attempt.model_calls():
        if (body := call.request_body) is not None:
            frame = pack[body.offset : body.offset + body.length]
            plain = zstandard.ZstdDecompressor().decompress(frame, max_output_size=body.size + 1)
            texts.append(json.dumps(json.loads(plain), ensure_ascii=False))
    return texts


def applied_span(attempt: Attempt) -> dict[str, Any]:
    """Attributes of the span in which the stack was applied."""
    return next(span.attrs for span in attempt.spans() if span.name == "applied_plugins")
