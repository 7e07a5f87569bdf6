"""Writing TOML: what CAB itself writes as task.toml. Reading is tomllib's."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence


def toml_text(table: Mapping[str, object]) -> str:
    """A table as TOML; keys with the value None are left out. Nested tables follow the plain keys."""
    return "\n".join(_table(table, [])).strip() + "\n"


def _table(table: Mapping[str, object], path: list[str]) -> list[str]:
    kept = {k: v for k, v in table.items() if v is not None}
    lines = [f"{_key(k)} = {toml_value(v)}" for k, v in kept.items() if not _is_table(v)]
    for key, value in kept.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{'.'.join(map(_key, [*path, key]))}]", *_table(value, [*path, key])]
        elif _is_table(value) and isinstance(value, Sequence):
            for entry in value:
                lines += ["", f"[[{'.'.join(map(_key, [*path, key]))}]]", *_table(entry, [*path, key])]
    return lines


def _is_table(value: object) -> bool:
    rows = isinstance(value, list | tuple) and bool(value) and all(isinstance(v, Mapping) for v in value)
    return isinstance(value, Mapping) or rows


def toml_value(value: object) -> str:
    """One value that is no table. Raises TypeError for what TOML has no form for."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            # JSON's escapes are TOML's too, all but DEL, which JSON leaves as it is.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case int() | float():
            return str(value)
        case dt.date():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(toml_value(v) for v in value)}]"
        case _:
            msg = f"no TOML value: {value!r}"
            raise TypeError(msg)


def _key(name: str) -> str:
    plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if plain else toml_value(name)
