"""Which packages a dependency manifest names.

C++ has none here: CMake names no packages in a way that every project shares.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

Names = Iterator[str]


def manifest_kind(path: str) -> str | None:
    """`requirements`, `pyproject`, `npm`, `cargo` or `go` for a manifest, wherever it lies; None for another file."""
    file = PurePosixPath(path)
    if file.suffix == ".txt" and (file.name.startswith("requirements") or file.parent.name == "requirements"):
        return "requirements"
    return {"pyproject.toml": "pyproject", "package.json": "npm", "Cargo.toml": "cargo", "go.mod": "go"}.get(file.name)


def dependencies(kind: str, text: str) -> frozenset[str] | None:
    """Names of the packages in a manifest's text; None where it cannot be read as one of its kind.

    No text (a manifest that is not there) names none. A requirement without a name (a path, an address) and a reference
    to another requirements file count by their text.
    """
    try:
        return frozenset(_READERS[kind](text)) if text else frozenset()
    except (ValueError, TypeError, AttributeError, RecursionError):  # not JSON or TOML, or tables where lists belong
        return None


def _requirements(text: str) -> Names:
    for line in text.replace("\\\n", " ").splitlines():
        requirement = re.sub(r"(^|\s)#.*", "", line).strip()
        if re.match(r"(-r|--requirement|-e|--editable)\b", requirement):
            yield " ".join(requirement.split())
        elif requirement and not requirement.startswith("-"):
            yield _python_name(re.split(r"\s--", requirement)[0])


def _python_name(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return requirement


def _pyproject(text: str) -> Names:
    data = tomllib.loads(text)
    project, tool = data.get("project", {}), data.get("tool", {})
    lists = [
        project.get("dependencies", []),
        data.get("build-system", {}).get("requires", []),
        tool.get("uv", {}).get("dev-dependencies", []),
        *project.get("optional-dependencies", {}).values(),
        *data.get("dependency-groups", {}).values(),
        *tool.get("pdm", {}).get("dev-dependencies", {}).values(),
    ]
    for requirements in lists:
        # Not strings: references to other groups of the same file.
        yield from (_python_name(r) for r in _list(requirements) if isinstance(r, str))
    yield from _poetry(tool.get("poetry", {}))


def _poetry(poetry: dict[str, Any]) -> Names:
    groups = [poetry, *poetry.get("group", {}).values()]
    for group in groups:
        for key in ("dependencies", "dev-dependencies"):
            yield from (canonicalize_name(name) for name in group.get(key, {}).keys() - {"python"})


def _package_json(text: str) -> Names:
    data = json.loads(text)
    for kind in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        for name, wanted in data.get(kind, {}).items():
            alias = re.match(r"npm:(@?[^@]+)", str(wanted))
            yield alias[1] if alias else name


def _cargo(text: str) -> Names:
    manifest = tomllib.loads(text)
    for table in (manifest, manifest.get("workspace", {}), *manifest.get("target", {}).values()):
        for kind in ("dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies"):
            for name, wanted in table.get(kind, {}).items():
                yield wanted.get("package", name) if isinstance(wanted, dict) else name


def _go_mod(text: str) -> Names:
    block = ""
    for line in text.splitlines():
        words = line.partition("//")[0].replace('"', "").split()
        if words and not block and words[-1] == "(":
            block = words[0]
        elif words == [")"]:
            block = ""
        elif words:
            yield from _go_modules([block, *words] if block else words)


def _go_modules(words: list[str]) -> Names:
    match words:
        case ["require", module, *_]:
            yield module
        case ["replace", *_, "=>", module] if module.startswith("."):
            pass  # a folder of the work directory
        case ["replace", *left, "=>", module] | ["replace", *left, "=>", module, _] if left:
            yield module


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        msg = "a list is needed"
        raise TypeError(msg)
    return value


_READERS: dict[str, Callable[[str], Names]] = {
    "requirements": _requirements,
    "pyproject": _pyproject,
    "npm": _package_json,
    "cargo": _cargo,
    "go": _go_mod,
}
