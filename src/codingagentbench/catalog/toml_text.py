"""Writing TOML: what CAB itself writes as task.toml."""

from collections.abc import Mapping
from typing import Any

import tomli_w


def toml_text(table: Mapping[str, object]) -> str:
    """A table as TOML; keys with the value None are left out. Raises TypeError for what TOML has no form for."""
    return tomli_w.dumps(_without_none(table))


def _without_none(value: Any) -> Any:  # whatever a TOML table holds
    if isinstance(value, Mapping):
        return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list | tuple) else value
