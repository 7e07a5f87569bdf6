"""What is in an image, as CycloneDX: from the lists that dpkg, pip and npm keep themselves."""

import hashlib
import json
from collections.abc import Iterator
from email.parser import HeaderParser
from fnmatch import fnmatch
from urllib.parse import quote

from codingagentbench.images.layer import Entries, Entry

_DPKG = "var/lib/dpkg/status"


def sbom(name: str, entries: Entries, below: bytes | None = None) -> bytes:
    """CycloneDX 1.5 JSON of everything that `entries` hold; the same bytes for the same files.

    `below`: the document of the image that they lie on, whose components are in this one's too.
    """
    found = {_purl(*package): package for package in _packages(entries)}
    components = {
        purl: {"type": "library", "name": package, "version": version, "purl": purl}
        for purl, (_, package, version) in found.items()
    }
    if below is not None:
        components |= {component["purl"]: component for component in json.loads(below)["components"]}
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": name}},
        "components": [components[purl] for purl in sorted(components)],
    }
    return json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"


def digest(document: bytes) -> str:
    """sha256 of an SBOM, for the image's label."""
    return f"sha256:{hashlib.sha256(document).hexdigest()}"


def _packages(entries: Entries) -> Iterator[tuple[str, str, str]]:
    """(kind, name, version)."""
    for path, entry in entries.items():
        if entry.data is None:
            continue
        if path == _DPKG:
            yield from _debian(_text(entry))
        elif fnmatch(path, "*.dist-info/METADATA"):
            fields = HeaderParser().parsestr(_text(entry), headersonly=True)
            yield "pypi", fields["Name"] or path, fields["Version"] or ""
        elif path.endswith("/package.json") and _is_package(path):
            yield from _npm(_text(entry))


def _debian(text: str) -> Iterator[tuple[str, str, str]]:
    for paragraph in text.split("\n\n"):
        fields = HeaderParser().parsestr(paragraph, headersonly=True)
        if fields["Package"] and "installed" in (fields["Status"] or ""):
            yield "deb/debian", fields["Package"], fields["Version"] or ""


def _npm(text: str) -> Iterator[tuple[str, str, str]]:
    try:
        content = json.loads(text)
    except ValueError:
        return
    if isinstance(content, dict) and isinstance(content.get("name"), str):
        yield "npm", content["name"], str(content.get("version", ""))


def _is_package(path: str) -> bool:
    """Whether it stands in a package's own folder, `node_modules/NAME` or `node_modules/@SCOPE/NAME`."""
    parts = path.split("/")[:-1]
    return parts[-2:-1] == ["node_modules"] or (parts[-3:-2] == ["node_modules"] and parts[-2].startswith("@"))


def _purl(kind: str, name: str, version: str) -> str:
    return f"pkg:{kind}/{quote(name, safe='/')}@{quote(version, safe='')}"


def _text(entry: Entry) -> str:
    assert entry.data is not None  # noqa: S101  # for mypy: asked before
    with entry.data() as content:
        return content.read().decode("utf-8", "replace")
