"""Which packages a dependency manifest names."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


def dependencies(path: str, text: str | None) -> set[str] | None:
    """Package names in the manifest at `path`; empty where there is no manifest, None where it cannot be read."""
    if text is None:
        return set()
    try:
        return set(MANIFESTS[path.rsplit("/", 1)[-1]](text))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _requirements(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if match := _NAME.match(line.strip()):
            yield match[0].lower()


def _pyproject(text: str) -> Iterator[str]:
    data = tomllib.loads(text)
    project = data.get("project", {})
    groups = [project.get("dependencies", []), *project.get("optional-dependencies", {}).values()]
    groups += data.get("dependency-groups", {}).values()
    for group in groups:
        yield from _requirements("\n".join(g for g in group if isinstance(g, str)))
    yield from data.get("tool", {}).get("poetry", {}).get("dependencies", {})


def _package_json(text: str) -> Iterator[str]:
    data = json.loads(text)
    for kind in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        yield from data.get(kind, {}).keys()


def _cargo(text: str) -> Iterator[str]:
    yield from _cargo_tables(tomllib.loads(text))


def _cargo_tables(table: dict[str, Any]) -> Iterator[str]:
    for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
        yield from table.get(kind, {})
    for inner in table.get("target", {}).values():
        yield from _cargo_tables(inner)


def _go_mod(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if match := re.match(r"^\s*(?:require\s+)?([\w.-]+\.[\w.-]+/\S+)\s+v", line):
            yield match[1]


MANIFESTS: dict[str, Callable[[str], Iterator[str]]] = {
    "requirements.txt": _requirements,
    "pyproject.toml": _pyproject,
    "package.json": _package_json,
    "Cargo.toml": _cargo,
    "go.mod": _go_mod,
}
"""File name to the reader of its package names."""
