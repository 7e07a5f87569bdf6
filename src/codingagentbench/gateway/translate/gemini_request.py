"""A Gemini generateContent request as a chat request.

The API reads protobuf's JSON: every key may be written in camelCase or in snake_case.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from codingagentbench.gateway.json_bytes import encode
from codingagentbench.gateway.translate import marks
from codingagentbench.gateway.translate.delta import Json, UntranslatableError
from codingagentbench.gateway.translate.history import (
    ChatHistory,
    copied,
    data_url,
    function_tool,
    image_part,
    text_part,
)
from codingagentbench.gateway.translate.marks import standard_base64

_SAME = {
    "maxOutputTokens": "max_tokens",
    "stopSequences": "stop",
    "temperature": "temperature",
    "topP": "top_p",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
}
_CHOICES = {"AUTO": "auto", "ANY": "required", "VALIDATED": "auto", "NONE": "none"}
_FREE = {"args", "response", "parametersJsonSchema", "responseJsonSchema", "properties", "$defs", "default", "enum"}
"""Below these keys names are the client's own."""


@dataclass(frozen=True, slots=True)
class GeminiTools:
    """The tools of a Gemini request as chat knows them."""

    chat: list[Json] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    """Provider-side tools, which only the provider could run."""


def read_tools(request: Json) -> GeminiTools:
    """Declared functions are kept; a search or an interpreter is the provider's own."""
    tools = GeminiTools()
    for tool in camel(request.get("tools") or []):
        for kind, value in tool.items():
            if kind == "functionDeclarations":
                tools.chat.extend(_declared(d) for d in value)
            else:
                tools.dropped.append(kind)
    return tools


def to_chat(request: Json, tools: GeminiTools, *, stream: bool) -> Json:
    """Raises UntranslatableError for what has no counterpart."""
    request = camel(request)
    if request.get("cachedContent"):
        msg = "'cachedContent' refers to what only a Gemini endpoint stores: send the whole contents"
        raise UntranslatableError(msg)
    config = request.get("generationConfig") or {}
    if (config.get("candidateCount") or 1) > 1:
        msg = "candidateCount above 1 is not translated"
        raise UntranslatableError(msg)
    chat: Json = {"messages": _messages(request), **copied(config, _SAME)}
    if stream:
        chat["stream"] = True
    if tools.chat:
        chat |= _chosen(tools.chat, (request.get("toolConfig") or {}).get("functionCallingConfig") or {})
    if form := _format(config):
        chat["response_format"] = form
    if level := (config.get("thinkingConfig") or {}).get("thinkingLevel"):
        chat["reasoning_effort"] = str(level).lower()
    return chat


def camel(value: Any) -> Any:  # any JSON value
    """The same with its keys in camelCase, but those that are the client's own names."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {re.sub(r"(?<=[a-z0-9])_([a-z])", lambda m: m[1].upper(), key): item for key, item in value.items()}
    return {key: item if key in _FREE else camel(item) for key, item in renamed.items()}


def _declared(declaration: Json) -> Json:
    schema = declaration.get("parametersJsonSchema") or json_schema(declaration.get("parameters") or {})
    return function_tool(declaration["name"], declaration.get("description"), schema)


def json_schema(schema: Json) -> Json:
    """Gemini's own schema language, which is OpenAPI's with types in capitals, as JSON Schema."""
    if not isinstance(schema, dict):
        return schema
    made = {key: value for key, value in schema.items() if key not in {"nullable", "propertyOrdering", "example"}}
    for key in ("properties", "$defs"):
        if isinstance(made.get(key), dict):
            made[key] = {name: json_schema(value) for name, value in made[key].items()}
    for key in ("items", "additionalProperties"):
        if key in made:
            made[key] = json_schema(made[key])
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        if isinstance(made.get(key), list):
            made[key] = [json_schema(value) for value in made[key]]
    for key in ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"):
        if isinstance(made.get(key), str):  # protobuf writes 64-bit numbers as text
            made[key] = int(made[key])
    if isinstance(made.get("type"), str):
        kind = made["type"].lower()
        made["type"] = [kind, "null"] if schema.get("nullable") else kind
    return made


def _chosen(offered: list[Json], config: Json) -> Json:
    """The tools, fewer of them where the request allows only some, and the choice."""
    names = config.get("allowedFunctionNames")
    tools = [t for t in offered if t["function"]["name"] in names] if names else offered
    choice: object = _CHOICES.get(str(config.get("mode", "")).upper())
    if names and len(tools) == 1 and choice == "required":
        choice = {"type": "function", "function": {"name": names[0]}}
    return {"tools": tools, **({"tool_choice": choice} if choice else {})}


def _format(config: Json) -> Json | None:
    schema = config.get("responseJsonSchema") or json_schema(config.get("responseSchema") or {})
    if schema:
        return {"type": "json_schema", "json_schema": {"name": "output", "schema": schema}}
    return {"type": "json_object"} if config.get("responseMimeType") == "application/json" else None


def _messages(request: Json) -> list[Json]:
    history, ids = ChatHistory(), _Ids()
    system = request.get("systemInstruction")
    parts = system.get("parts") if isinstance(system, dict) else system
    history.system("\n\n".join(_texts(parts)))
    contents = request.get("contents") or []
    for content in [contents] if isinstance(contents, dict) else contents:
        if content.get("role") == "model":
            for part in content.get("parts") or []:
                _model(history, ids, part)
        else:
            _user(history, ids, content.get("parts") or [])
    return history.messages()


def _texts(parts: object) -> Iterator[str]:
    if isinstance(parts, str):
        yield parts
    for part in parts if isinstance(parts, list) else [parts] if isinstance(parts, dict) else []:
        if part.get("text"):
            yield part["text"]


class _Ids:
    """Ids of calls. Gemini's may have none: then results belong to calls by name, in order."""

    def __init__(self) -> None:
        self._count = 0
        self._open: list[tuple[str, str]] = []

    def of_call(self, call: Json) -> str:
        self._count += 1
        call_id = str(call.get("id") or f"call_{self._count}")
        self._open.append((call_id, call["name"]))
        return call_id

    def of_result(self, result: Json) -> str:
        given, name = result.get("id"), result.get("name")
        by_id = [call for call in self._open if call[0] == given]
        by_name = [call for call in self._open if call[1] == name]
        found = next(iter(by_id or by_name), None)
        if found is None:
            return str(given or name)
        self._open.remove(found)
        return found[0]


def _model(history: ChatHistory, ids: _Ids, part: Json) -> None:
    if call := part.get("functionCall"):
        history.call(ids.of_call(call), call["name"], encode(call.get("args") or {}).decode())
    elif part.get("thought"):
        if name := marks.field_of(marks.from_bytes(part.get("thoughtSignature"))):
            history.reasoning(part.get("text") or "", name)
    elif "text" in part:
        history.assistant(part["text"] or "")
    elif "executableCode" in part or "codeExecutionResult" in part:
        pass  # the provider's own tools; what came of them stands in the text
    else:
        _refuse(part)


def _user(history: ChatHistory, ids: _Ids, parts: list[Json]) -> None:
    """Results first: chat wants them directly after the calls."""
    for part in parts:
        if result := part.get("functionResponse"):
            history.result(ids.of_result(result), _result(result))
    history.user([_part(part) for part in parts if "functionResponse" not in part])


def _result(result: Json) -> list[Json]:
    """The words in `output`, which is what the API's documents call them, or all of it as JSON; then pictures."""
    response = result.get("response") or {}
    words = response.get("output") if set(response) == {"output"} else None
    text = words if isinstance(words, str) else encode(response).decode()
    return [text_part(text), *(_part(part) for part in result.get("parts") or [])]


def _part(part: Json) -> Json:
    if "text" in part:
        return text_part(part["text"] or "")
    if data := part.get("inlineData"):
        url = data_url(data["mimeType"], standard_base64(data["data"]))
        if data["mimeType"].startswith("image/"):
            return image_part(url)
        return {"type": "file", "file": {"filename": data.get("displayName") or "file", "file_data": url}}
    file = part.get("fileData")
    if file and str(file.get("mimeType", "")).startswith("image/"):
        return image_part(file["fileUri"])
    return _refuse(part)


def _refuse(part: Json) -> Json:
    kinds = ", ".join(sorted(k for k in part if k not in {"thoughtSignature", "thought"})) or "nothing"
    msg = f"a part of {kinds} is known to Gemini endpoints alone"
    raise UntranslatableError(msg)
