"""The messages of a chat request, in the order in which the chat wire wants them.

The other wires are freer: results may come late, with pictures in them, and between what was said. Chat wants one
assistant message a turn, the results of its calls directly after it, as text, and the system's words first.
"""

from codingagentbench.gateway.translate.delta import Json

_LATER = "<system-message>\n{}\n</system-message>"


class ChatHistory:
    """Takes what was said, piece by piece."""

    def __init__(self) -> None:
        self._system: list[str] = []
        self._messages: list[Json] = []
        self._asked: dict[str, Json] = {}  # call id to the assistant message that made the call
        self._pictures: dict[int, Json] = {}  # id() of an assistant message to the user message after its results

    def system(self, text: str) -> None:
        """Words of the system or the developer. Many chat templates refuse them anywhere but first, and twice."""
        if not text:
            return
        if self._messages:
            self.user([text_part(_LATER.format(text))])
        else:
            self._system.append(text)

    def user(self, parts: list[Json]) -> None:
        """What the user said."""
        if parts:
            self._messages.append({"role": "user", "content": plain(parts)})

    def assistant(self, text: str = "", *, refusal: str = "") -> None:
        """What the model said."""
        message = self._turn()
        if text:
            message["content"] = (message["content"] or "") + text
        if refusal:
            message["refusal"] = message.get("refusal", "") + refusal

    def reasoning(self, text: str, field: str) -> None:
        """What the model thought, for an endpoint that sent it in `field`."""
        message = self._turn()
        message[field] = message.get(field, "") + text

    def call(self, call_id: str, name: str, arguments: str) -> None:
        """A tool call of the model."""
        message = self._turn()
        function = {"name": name, "arguments": arguments}
        message.setdefault("tool_calls", []).append({"id": call_id, "type": "function", "function": function})
        self._asked[call_id] = message

    def result(self, call_id: str, parts: list[Json]) -> None:
        """What a tool gave back. Pictures follow as the user's, since a tool message takes text alone."""
        words = [p for p in parts if p["type"] == "text"]
        others = [p for p in parts if p["type"] != "text"]
        turn = self._asked.get(call_id)
        if turn is None:  # its call was cut out of the history
            self.user([text_part(f"Result of the tool call {call_id}:"), *parts])
            return
        text = "\n".join(p["text"] for p in words)
        if others and not text:
            text = "(in the next message)"
        self._messages.insert(self._after_results(turn), {"role": "tool", "tool_call_id": call_id, "content": text})
        if others:
            self._show(turn, call_id, others)

    def messages(self) -> list[Json]:
        """All of it."""
        head = [{"role": "system", "content": "\n\n".join(self._system)}] if self._system else []
        return head + self._messages

    def _turn(self) -> Json:
        """The assistant message that is being made: the last one, while nothing came after it."""
        if not self._messages or self._messages[-1]["role"] != "assistant":
            self._messages.append({"role": "assistant", "content": None})
        return self._messages[-1]

    def _after_results(self, turn: Json) -> int:
        at = next(i for i, message in enumerate(self._messages) if message is turn) + 1
        while at < len(self._messages) and self._messages[at]["role"] == "tool":
            at += 1
        return at

    def _show(self, turn: Json, call_id: str, parts: list[Json]) -> None:
        message = self._pictures.get(id(turn))
        if message is None:
            message = self._pictures[id(turn)] = {"role": "user", "content": []}
            self._messages.insert(self._after_results(turn), message)
        message["content"] += [text_part(f"From the tool call {call_id}:"), *parts]


def text_part(text: str) -> Json:
    """Text as a part of a chat message."""
    return {"type": "text", "text": text}


def image_part(url: str, detail: object = None) -> Json:
    """An image, by address or as a `data:` URL."""
    image = {"url": url, "detail": detail} if detail in {"low", "high", "auto"} else {"url": url}
    return {"type": "image_url", "image_url": image}


def data_url(media_type: object, data: object) -> str:
    """Base64 data as a URL."""
    return f"data:{media_type};base64,{data}"


def plain(parts: list[Json]) -> str | list[Json]:
    """One text as a string, which every endpoint takes; more as parts."""
    return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "text" else parts


def function_tool(name: object, description: object, parameters: object, *, strict: object = None) -> Json:
    """A tool of a chat request."""
    function: Json = {"name": name}
    if description:
        function["description"] = description
    function["parameters"] = parameters or {"type": "object", "properties": {}}
    if strict is not None:
        function["strict"] = strict
    return {"type": "function", "function": function}


def copied(source: Json, names: dict[str, str]) -> Json:
    """The values that have the same meaning on both wires, under their other name; null is left out."""
    return {theirs: source[ours] for ours, theirs in names.items() if source.get(ours) is not None}
