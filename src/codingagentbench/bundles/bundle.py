"""Bundles in their store: `<store>/<tui>-<version>-<recipe>/{manifest.json,content/}`, made once, then only read."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from codingagentbench.bundles import npm, pypi
from codingagentbench.bundles.digest import content_digest, file_digests
from codingagentbench.bundles.interpreters import Interpreter, find_python, platform_key
from codingagentbench.catalog.tui import Install, Tui
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Mount

TUI_ROOT = "/opt/cab/tui"
Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bundle:
    """An installed TUI: its content's digest, and how it is shown to a sandbox."""

    tui: str
    version: str
    digest: str
    folder: Path
    mounts: tuple[Mount, ...]
    placeholders: Mapping[str, str]
    """For the catalogue entry's argv: `tui`, and the interpreter as `python` or `node`."""

    @property
    def image(self) -> str:
        """The name that the same TUI has as an image, e.g. codingagentbench/aider:v0.86.2."""
        return f"codingagentbench/{self.tui}:v{self.version}"


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    digest: str
    interpreter: str
    interpreter_version: str
    interpreter_host: str
    interpreter_seen: str
    mounts: list[tuple[str, str]]
    files: dict[str, str]


def install(tui: Tui, file: Path, *, store: Path, log: Log) -> Bundle:
    """The bundle of `tui`, installed now where it is not yet. `file`: its catalogue file, beside which its lock lies.

    Raises SetupError with the installer's own last words. Two installs at once wait for each other.
    """
    place = _place(tui, file, store)
    if (bundle := _read(tui, place)) is not None:
        return bundle
    with _locked(store, place.name):
        if (bundle := _read(tui, place)) is not None:
            return bundle
        log(f"installing {tui.name} {tui.install.version} from {tui.install.registry}")
        partial = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=store))
        try:
            interpreter = _make(tui.install, file, partial / "content", store, log)
            _write_manifest(partial, interpreter)
            partial.chmod(0o755)
            if place.exists():  # its interpreter is gone: the content would not start
                shutil.rmtree(place)
            partial.rename(place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    bundle = _read(tui, place)
    if bundle is None:
        msg = f"{place}: the bundle of {tui.name} was made but cannot be read"
        raise SetupError(msg)
    log(f"installed {tui.name} {tui.install.version} ({bundle.digest[:19]})")
    return bundle


def installed(tui: Tui, file: Path, *, store: Path) -> Bundle | None:
    """The bundle where it is there already, without hashing it again."""
    return _read(tui, _place(tui, file, store))


def verify(bundle: Bundle) -> list[str]:
    """Paths of the bundle that are not what was installed."""
    manifest = _manifest(bundle.folder.parent)
    now = file_digests(bundle.folder)
    if manifest is None:
        return ["manifest.json"]
    return sorted(p for p in now.keys() | manifest.files.keys() if now.get(p) != manifest.files.get(p))


def _make(recipe: Install, file: Path, content: Path, store: Path, log: Log) -> Interpreter:
    match recipe.registry:
        case "pypi":
            return pypi.install(recipe, _lock(recipe, file), content)
        case "npm":
            return npm.install(recipe, _lock(recipe, file), content, store, log)
        case "builtin":
            shutil.copytree(_builtin(recipe), content, ignore=shutil.ignore_patterns("__pycache__"))
            return find_python(recipe.python)


def _lock(recipe: Install, file: Path) -> Path:
    if recipe.lock is None or not (file.parent / recipe.lock).exists():
        msg = f"{file}: install.lock: {recipe.lock!r} is not there: a bundle is installed from a lock with hashes"
        raise SetupError(msg)
    return file.parent / recipe.lock


def _builtin(recipe: Install) -> Path:
    return Path(__file__).parent / recipe.package


def _place(tui: Tui, file: Path, store: Path) -> Path:
    recipe = hashlib.sha256(f"{tui.install.model_dump_json()}\0{platform_key()}\n".encode())
    source = _builtin(tui.install) if tui.install.registry == "builtin" else _lock(tui.install, file)
    for part in sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else [source]:
        if "__pycache__" not in part.parts:
            recipe.update(hashlib.sha256(part.read_bytes()).digest())
    return store / f"{tui.name}-{tui.install.version}-{recipe.hexdigest()[:16]}"


def _write_manifest(folder: Path, interpreter: Interpreter) -> None:
    content = folder / "content"
    manifest = _Manifest(
        digest=content_digest(content),
        interpreter=interpreter.name,
        interpreter_version=interpreter.version,
        interpreter_host=str(interpreter.host),
        interpreter_seen=interpreter.seen,
        mounts=[(str(m.source), m.target) for m in interpreter.mounts],
        files=file_digests(content),
    )
    with (folder / "manifest.json").open("wb") as out:
        out.write(msgspec.json.encode(manifest))
        out.flush()
        os.fsync(out.fileno())


def _manifest(folder: Path) -> _Manifest | None:
    try:
        return msgspec.json.decode((folder / "manifest.json").read_bytes(), type=_Manifest)
    except (OSError, msgspec.MsgspecError):
        return None


def _read(tui: Tui, folder: Path) -> Bundle | None:
    manifest = _manifest(folder)
    if manifest is None or not Path(manifest.interpreter_host).exists():
        return None
    content = folder / "content"
    return Bundle(
        tui=tui.name,
        version=tui.install.version,
        digest=manifest.digest,
        folder=content,
        mounts=(Mount(content, TUI_ROOT), *(Mount(Path(s), t) for s, t in manifest.mounts)),
        placeholders={"tui": TUI_ROOT, manifest.interpreter: manifest.interpreter_seen},
    )


@contextmanager
def _locked(store: Path, name: str) -> Iterator[None]:
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = (store / f".{name}.lock").open("w")
    except OSError as error:
        msg = f"{store}: bundles cannot be stored there: {error.strerror} (XDG_CACHE_HOME names another place)"
        raise SetupError(msg) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
