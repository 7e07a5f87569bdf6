"""Real packages, made here: a wheel and an npm tarball, so that the real uv and npm install them without a network."""

import base64
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from codingagentbench.catalog.tui import Tui

BASE = {"title": "Own", "homepage": "https://example.invalid", "licence": "MIT", "wire": "chat", "argv": ["x"]}


@pytest.fixture
def pypi_tui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Tui, Path]:
    """A TUI whose package is a wheel, its catalogue file, and uv told to look for wheels in one folder only."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    files = {
        "own/__init__.py": "",
        "own/__main__.py": "import sys\nimport own.where\nprint(sys.argv[1:], own.where.PLACE)\n",
        "own/where.py": "PLACE = (lambda: 0).__code__.co_filename\n",
        "own/template.py": "{{ no python }}\n",
        "own-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: own\nVersion: 1.0\n",
        "own-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "own-1.0.dist-info/entry_points.txt": "[console_scripts]\nown = own.__main__:main\n",
    }
    record = "".join(f"{name},,\n" for name in files) + "own-1.0.dist-info/RECORD,,\n"
    wheel = wheels / "own-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in (files | {"own-1.0.dist-info/RECORD": record}).items():
            archive.writestr(name, text)
    (tmp_path / "own.txt").write_text(f"own==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    install = {"registry": "pypi", "package": "own", "version": "1.0", "lock": "own.txt", "python": ">=3.10"}
    return Tui.model_validate(BASE | {"name": "own", "install": install}), tmp_path / "own.toml"


@pytest.fixture
def npm_tui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Tui, Path]:
    """A TUI whose package is an npm tarball with an install script that must not run, and its catalogue file."""
    manifest = {"name": "own", "version": "1.0.0", "bin": "cli.js", "scripts": {"postinstall": "touch ran"}}
    tarball = tmp_path / "own-1.0.0.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        for name, text in (("package.json", json.dumps(manifest)), ("cli.js", "console.log('own', process.version)\n")):
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    where = f"file:{tarball}"
    locked = {"version": "1.0.0", "resolved": where, "integrity": integrity, "hasInstallScript": True}
    root = {"name": "bundle", "private": True, "dependencies": {"own": where}}
    lock = {
        "name": "bundle",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": root, "node_modules/own": locked},
    }
    (tmp_path / "lock").mkdir()
    (tmp_path / "lock" / "package.json").write_text(json.dumps(root))
    (tmp_path / "lock" / "package-lock.json").write_text(json.dumps(lock))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    monkeypatch.setenv("npm_config_offline", "true")
    install = {"registry": "npm", "package": "own", "version": "1.0.0", "lock": "lock", "node": ">=16"}
    return Tui.model_validate(BASE | {"name": "own", "install": install}), tmp_path / "own.toml"
