"""Which packages a dependency manifest names, in the manifests of the corpus's languages.

CMake and Gradle are programs: what is read of them is every call that names a package in the usual way
(`find_package(X)`, `implementation("g:a:1")`), wherever it stands, so that one behind a condition counts too.
"""

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

Names = Iterator[str]
_MAVEN = {"dependency", "plugin", "parent", "extension"}


_BY_NAME = {
    "pyproject.toml": "pyproject",
    "setup.cfg": "setup_cfg",
    "pipfile": "pipfile",
    "package.json": "npm",
    "cargo.toml": "cargo",
    "go.mod": "go",
    "pom.xml": "maven",
    "build.gradle": "gradle",
    "build.gradle.kts": "gradle",
    "cmakelists.txt": "cmake",
    "vcpkg.json": "vcpkg",
    "conanfile.txt": "conan",
    "conanfile.py": "conan_py",
}


def manifest_kind(path: str) -> str | None:
    """The kind of a manifest, wherever it lies (`requirements`, `npm`, `cargo`, ...); None for another file.

    Names are compared without case: some file systems find `Package.JSON` too.
    """
    file = PurePosixPath(path)
    name = file.name.lower()
    if file.suffix == ".txt" and (name.startswith("requirements") or file.parent.name == "requirements"):
        return "requirements"
    if file.suffix == ".cmake":
        return "cmake"
    return _BY_NAME.get(name)


def dependencies(kind: str, text: str) -> frozenset[str] | None:
    """Names of the packages in a manifest's text; None where it cannot be read as one of its kind.

    No text (a manifest that is not there) names none. A requirement without a name (a path, an address) and a reference
    to another requirements file count by their text.
    """
    try:
        return frozenset(READERS[kind](text)) if text else frozenset()
    except (ValueError, TypeError, AttributeError, RecursionError, configparser.Error):
        # not JSON, TOML, INI or XML, or tables where lists belong
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


def _setup_cfg(text: str) -> Names:
    config = configparser.RawConfigParser(strict=False)
    config.read_string(text)
    lists = [config.get("options", key, fallback="") for key in ("install_requires", "setup_requires", "tests_require")]
    if config.has_section("options.extras_require"):
        lists += config["options.extras_require"].values()
    for requirements in lists:
        yield from _requirements(requirements.replace(";;", "\n"))


def _pipfile(text: str) -> Names:
    data = tomllib.loads(text)
    for group, packages in data.items():
        if group not in {"source", "requires", "scripts", "pipenv"}:
            yield from map(canonicalize_name, packages.keys())


def _pom(text: str) -> Names:
    """Dependencies, plugins and the parent, by `groupId:artifactId`. No document type: it can hold entities."""
    if re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        msg = "a document type declaration"
        raise ValueError(msg)
    parser = expat.ParserCreate()
    found, path, words = list[dict[str, str]](), list[str](), dict[str, str]()

    def start(name: str, _: dict[str, str]) -> None:
        path.append(name.rpartition(":")[2])
        if path[-1] in _MAVEN:
            found.append({})
        words.clear()

    def data(characters: str) -> None:
        words["text"] = words.get("text", "") + characters

    def end(_: str) -> None:
        name = path.pop()
        if name in {"groupId", "artifactId"} and path and path[-1] in _MAVEN:
            found[-1].setdefault(name, words.get("text", "").strip())

    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, data, end
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        msg = f"not XML: {error}"
        raise ValueError(msg) from error
    yield from (f"{one.get('groupId', '')}:{one.get('artifactId', '')}" for one in found if one)


def _gradle(text: str) -> Names:
    code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", text, flags=re.DOTALL)
    yield from re.findall(r"""["']([\w.-]+:[\w.-]+)(?::[^"'\s]*)?["']""", code)
    for group, name in re.findall(r"""group\s*[:=]\s*["']([\w.-]+)["']\s*,\s*name\s*[:=]\s*["']([\w.-]+)["']""", code):
        yield f"{group}:{name}"
    for plugin in re.findall(r"""\bid\s*\(?\s*["']([\w.-]+)["']""", code):
        yield f"plugin {plugin}"
    for alias in re.findall(r"\blibs\.([\w.]+)", code):
        yield f"catalogue {alias}"


_CMAKE_CALLS = (
    "find_package|find_library|pkg_check_modules|pkg_search_module|"
    "FetchContent_Declare|ExternalProject_Add|CPMAddPackage"
)


def _cmake(text: str) -> Names:
    code = re.sub(r"#\[\[.*?\]\]|#[^\n]*", "", text, flags=re.DOTALL)
    for call, arguments in re.findall(rf"\b({_CMAKE_CALLS})\s*\(([^()]*)", code, re.IGNORECASE):
        words = arguments.replace('"', " ").split()
        if words:
            yield f"{call.lower()} {words[0]}"
    for libraries in re.findall(r"\btarget_link_libraries\s*\(([^()]*)", code, re.IGNORECASE):
        imported = [w for w in libraries.replace('"', " ").split()[1:] if "::" in w or w.startswith("-l")]
        yield from (f"link {word}" for word in imported)


def _vcpkg(text: str) -> Names:
    data = json.loads(text)
    features = data.get("features", {})
    for group in (data, *features.values()):
        for wanted in _list(group.get("dependencies", [])):
            yield wanted["name"] if isinstance(wanted, dict) else str(wanted)


def _conan(text: str) -> Names:
    section = ""
    for line in text.splitlines():
        words = line.partition("#")[0].strip()
        if words.startswith("["):
            section = words.strip("[]")
        elif words and section in {"requires", "build_requires", "tool_requires", "test_requires"}:
            yield words.partition("/")[0]


def _conan_py(text: str) -> Names:
    yield from re.findall(r"""["']([a-z0-9_][\w+.-]*)/[\w.*\[\]<>=~^ +-]+(?:@[^"']*)?["']""", text)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        msg = "a list is needed"
        raise TypeError(msg)
    return value


READERS: dict[str, Callable[[str], Names]] = {
    "requirements": _requirements,
    "pyproject": _pyproject,
    "npm": _package_json,
    "cargo": _cargo,
    "go": _go_mod,
    "setup_cfg": _setup_cfg,
    "pipfile": _pipfile,
    "maven": _pom,
    "gradle": _gradle,
    "cmake": _cmake,
    "vcpkg": _vcpkg,
    "conan": _conan,
    "conan_py": _conan_py,
}
