"""Tools that a provider runs itself, which leave the sandbox: taken out of a request unless the sweep grants them.

What stays keeps its bytes; a request without such tools is not touched at all.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import msgspec

from codingagentbench.catalog.sweep import ProviderTool
from codingagentbench.gateway.json_bytes import decode, encode
from codingagentbench.gateway.request import ModelRequest

# A tool's type, or its beginning: dated versions follow ("web_search_20250305", "web_search_preview").
_TYPES: dict[str, ProviderTool] = {
    "web_search": "web_search",
    "web_fetch": "web_fetch",
    "code_interpreter": "code_execution",
    "code_execution": "code_execution",
    "file_search": "file_search",
    "mcp": "mcp",
    "image_generation": "image_generation",
    "computer_use": "computer_use",
}
_GEMINI: dict[str, ProviderTool] = {
    "googleSearch": "web_search",
    "googleSearchRetrieval": "web_search",
    "enterpriseWebSearch": "web_search",
    "googleMaps": "web_search",
    "urlContext": "web_fetch",
    "codeExecution": "code_execution",
    "fileSearch": "file_search",
    "mcpServers": "mcp",
    "computerUse": "computer_use",
}
_FIELDS: dict[str, dict[str, ProviderTool]] = {
    "chat": {"web_search_options": "web_search", "search_parameters": "web_search", "enable_search": "web_search"},
    "messages": {"mcp_servers": "mcp"},
}
"""Whole fields of a request that switch such a tool on."""
_CHOICES = ("tool_choice", "toolConfig", "tool_config")


def without_provider_tools(
    wire: str, asked: ModelRequest, granted: Collection[ProviderTool]
) -> tuple[ModelRequest, tuple[str, ...]]:
    """The request without them, and what was taken out, as the request named it."""
    fields, taken = dict(asked.fields), list[str]()
    for name, tool in _FIELDS.get(wire, {}).items():
        if tool not in granted and not _is_off(fields.get(name)):
            del fields[name]
            taken.append(name)
    kept = [left for item in _items(fields.get("tools")) if (left := _sifted(wire, item, granted, taken)) is not None]
    if not taken:
        return asked, ()
    if "tools" in fields:
        fields["tools"] = kept
    for name in _CHOICES:
        if name in fields and (not kept or _mentions(_value(fields[name]), taken)):
            del fields[name]
    if not kept:
        fields.pop("tools", None)
    return replace(asked, body=encode(fields), fields=fields), tuple(taken)


def _sifted(wire: str, item: object, granted: Collection[ProviderTool], taken: list[str]) -> object:
    """The tool as it came, or what is left of it; None where it is taken out whole."""
    tool = _value(item)
    if not isinstance(tool, dict):
        return item
    if wire == "gemini":
        return _sifted_gemini(item, tool, granted, taken)
    kind = _kind(tool)
    if kind is None or kind in granted:
        return item
    taken.append(str(tool["type"]))
    return None


def _sifted_gemini(item: object, tool: dict[str, Any], granted: Collection[ProviderTool], taken: list[str]) -> object:
    """One tool object may hold function declarations beside the provider's own."""
    mine = [key for key in tool if (kind := _GEMINI.get(_camel(key))) and kind not in granted]
    if not mine:
        return item
    taken += mine
    return {key: value for key, value in tool.items() if key not in mine} or None


def _kind(tool: dict[str, Any]) -> ProviderTool | None:
    """By the tool's type, of which dated versions begin alike; a shell may run in the provider's container."""
    name = str(tool.get("type"))
    where = tool.get("environment")
    if name == "shell" and isinstance(where, dict) and str(where.get("type")).startswith("container"):
        return "code_execution"
    return next((kind for beginning, kind in _TYPES.items() if name.startswith(beginning)), None)


def _camel(key: str) -> str:
    """Both spellings of protobuf's JSON are accepted by Google."""
    first, *others = key.split("_")
    return first + "".join(word.capitalize() for word in others)


def _mentions(choice: object, taken: Collection[str]) -> bool:
    """Whether a choice of tools names one that is gone: by its type, or by the name that its dated type begins with."""
    if isinstance(choice, str):
        return any(choice == name or (choice in _TYPES and name.startswith(choice)) for name in taken)
    if isinstance(choice, dict):
        return any(_mentions(value, taken) for value in choice.values())
    return isinstance(choice, list) and any(_mentions(value, taken) for value in choice)


def _is_off(raw: object) -> bool:
    """An empty object switches on already."""
    value = _value(raw)
    return value is None or value is False or value == []


def _items(raw: object) -> list[object]:
    if isinstance(raw, list):
        return raw
    if not isinstance(raw, msgspec.Raw):
        return []
    try:
        return list(msgspec.json.decode(raw, type=list[msgspec.Raw]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []


def _value(raw: object) -> Any:  # any JSON value
    try:
        return decode(bytes(raw)) if isinstance(raw, msgspec.Raw) else raw
    except ValueError:
        return None
