"""Bundles in their store: `<store>/<tui>-<version>-<recipe>/`, made once, then only read.

MCP servers are bundles too, in `<store>/plugin-<name>-<version>-<recipe>/`.
A bundle's folder holds `content/` (what a sandbox sees at /opt/cab/tui), `manifest.json` (what `installed` needs to
know) and `files.json` (the digest of every file, for `verify`).
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from codingagentbench.bundles import npm, pypi
from codingagentbench.bundles.digest import content_digest, file_digests
from codingagentbench.bundles.interpreters import Interpreter, apart, find_python, platform_key
from codingagentbench.bundles.pypi import TUI_ROOT
from codingagentbench.catalog.plugin import PLUGIN_ROOT, PluginEntry
from codingagentbench.catalog.tui import Install, Tui
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Mount
from codingagentbench.sandbox.toolchains import SYSTEM

_LAYOUT = 2
"""Part of every recipe: bundles that an older CAB laid out otherwise are not found again."""
Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bundle:
    """An installed TUI or MCP server: its content's digest, and how it is shown to a sandbox."""

    tui: str
    """Its name; an MCP server's plugin's."""
    version: str
    digest: str
    folder: Path
    """The content, on the host."""
    mounts: tuple[Mount, ...]
    placeholders: Mapping[str, str]
    """For the catalogue entry's argv: `tui` or `plugin`, and the interpreter as `python` or `node`."""
    interpreter: str = ""
    """Name and version, e.g. "node 20.20.2"; not part of the digest."""
    system_program: str | None = None
    """The interpreter where it is the machine's own and nothing mounts it: a sandbox has to have it at that path."""

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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be installed, and where a sandbox will see it."""

    name: str
    install: Install
    file: Path
    """Its catalogue file, beside which its lock lies."""
    root: str = TUI_ROOT
    placeholder: str = "tui"
    prefix: str = ""


def _wanted(tui: Tui, file: Path) -> _Wanted:
    return _Wanted(tui.name, tui.install, file)


def install(tui: Tui, file: Path, *, store: Path, log: Log) -> Bundle:
    """The bundle of `tui`, installed now where it is not yet. `file`: its catalogue file, beside which its lock lies.

    Raises SetupError with the installer's own last words. Two installs at once wait for each other.
    """
    if tui.install.registry == "none":
        msg = f"{tui.name} is unverified and cannot be installed: {tui.unverified_reason}"
        raise SetupError(msg)
    return _install(_wanted(tui, file), store, log)


def install_plugin(entry: PluginEntry, *, store: Path, log: Log) -> Bundle:
    """The bundle of an MCP server, installed now where it is not yet. Raises SetupError as `install` does."""
    plugin = entry.plugin
    if plugin.install is None:
        msg = f"{entry.file}: plugin {plugin.name!r} is of kind {plugin.kind}: only an MCP server has a bundle"
        raise SetupError(msg)
    root = f"{PLUGIN_ROOT}/{plugin.name}"
    return _install(_Wanted(plugin.name, plugin.install, entry.file, root, "plugin", "plugin-"), store, log)


def _install(wanted: _Wanted, store: Path, log: Log) -> Bundle:
    place = _place(wanted, store)
    if (bundle := _read(wanted, place)) is not None:
        return bundle
    with _locked(place):
        if (bundle := _read(wanted, place)) is None:
            log(f"installing {wanted.name} {wanted.install.version} from {wanted.install.registry}")
            _make_place(wanted, place, log)
            bundle = _read(wanted, place)
    if bundle is None:
        msg = f"{place}: the bundle of {wanted.name} was made but cannot be read"
        raise SetupError(msg)
    log(f"installed {wanted.name} {wanted.install.version} ({bundle.digest[:19]})")
    return bundle


def installed(tui: Tui, file: Path, *, store: Path) -> Bundle | None:
    """The bundle where it is there already, without hashing it again."""
    wanted = _wanted(tui, file)
    return None if tui.install.registry == "none" else _read(wanted, _place(wanted, store))


def verify(bundle: Bundle) -> list[str]:
    """Paths of the bundle that are not what was installed (changed, missing or added), compiled files included."""
    try:
        then = msgspec.json.decode((bundle.folder.parent / "files.json").read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return ["files.json"]
    now = file_digests(bundle.folder)
    return sorted(p for p in now.keys() | then.keys() if now.get(p) != then.get(p))


def _make_place(wanted: _Wanted, place: Path, log: Log) -> None:
    """Make the bundle in a temporary sibling of `place` and move it there whole."""
    for leftover in place.parent.glob(f".{place.name}.*/"):  # of an install that was killed: the lock is ours
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
        try:
            interpreter = _make(wanted, partial / "content", place.parent, log)
            _make_executable(wanted.install, partial / "content")
            _open_to_all(partial)
            _write_manifest(partial, interpreter)
            if place.exists():  # unreadable, or its interpreter is gone: it would not start
                shutil.rmtree(place)
            partial.rename(place)
            _sync(place.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        msg = f"{place}: the bundle cannot be stored: {error.strerror} (XDG_CACHE_HOME names another place)"
        raise SetupError(msg) from error


def _make(wanted: _Wanted, content: Path, store: Path, log: Log) -> Interpreter:
    recipe, file, root = wanted.install, wanted.file, wanted.root
    match recipe.registry:
        case "pypi":
            return _through_bundle(pypi.install(recipe, _lock(recipe, file), content, root), root)
        case "npm":
            node = npm.install(recipe, _lock(recipe, file), content, store, log)
            return node if root == TUI_ROOT else apart(node)
        case "none":
            msg = f"{file}: install.registry: there is nothing to install from"
            raise SetupError(msg)
        case "builtin":
            shutil.copytree(_builtin(recipe), content, ignore=shutil.ignore_patterns("__pycache__"))
            interpreter = find_python(recipe.python)
            if interpreter.libraries is None:
                return interpreter
            pypi.make_environment(content, interpreter)
            return _through_bundle(interpreter, root)


def _through_bundle(interpreter: Interpreter, root: str) -> Interpreter:
    """The same, started by the bundle's own `bin/python`."""
    return replace(interpreter, seen=f"{root}/bin/python")


def _lock(recipe: Install, file: Path) -> Path:
    if recipe.lock is None or not (file.parent / recipe.lock).exists():
        msg = f"{file}: install.lock: {recipe.lock!r} is not there: a bundle is installed from a lock with hashes"
        raise SetupError(msg)
    return file.parent / recipe.lock


def _builtin(recipe: Install) -> Path:
    folder = Path(__file__).parent / recipe.package
    if not folder.is_dir() or folder.parent != Path(__file__).parent:
        msg = f"install.package: {recipe.package!r} is no TUI that is built in: accepted: direct"
        raise SetupError(msg)
    return folder


def _place(wanted: _Wanted, store: Path) -> Path:
    """Where the bundle of this recipe is: install section, lock, layout and platform.

    The interpreter is not in it (finding one takes processes); a bundle whose interpreter is gone is made again.
    """
    said = wanted.install.model_dump_json(exclude_defaults=True)  # a key that a later CAB knows besides makes no other
    recipe = hashlib.sha256(f"{_LAYOUT}\0{said}\0{platform_key()}\n".encode())
    built_in = wanted.install.registry == "builtin"
    source = _builtin(wanted.install) if built_in else _lock(wanted.install, wanted.file)
    for part in sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else [source]:
        if "__pycache__" not in part.parts:
            recipe.update(hashlib.sha256(part.read_bytes()).digest())
    name = f"{wanted.prefix}{wanted.name}-{wanted.install.version.replace('/', '_')}"
    return store.absolute() / f"{name}-{recipe.hexdigest()[:16]}"


def _make_executable(recipe: Install, content: Path) -> None:
    for path in recipe.executable:
        if not (content / path).is_file():
            msg = f"{recipe.package} {recipe.version}: install.executable: {path} is not in the bundle"
            raise SetupError(msg)
        (content / path).chmod(0o755)


def _open_to_all(folder: Path) -> None:
    """Readable for the sandbox's own user whatever the umask was, and never writable for others."""
    folder.chmod(0o755)
    for here, folders, files in os.walk(folder):
        for name in (*folders, *files):
            place = Path(here, name)
            if not place.is_symlink():
                place.chmod(0o755 if place.is_dir() or place.stat().st_mode & 0o100 else 0o644)


def _write_manifest(folder: Path, interpreter: Interpreter) -> None:
    files = file_digests(folder / "content")
    manifest = _Manifest(
        digest=content_digest(files),
        interpreter=interpreter.name,
        interpreter_version=interpreter.version,
        interpreter_host=str(interpreter.host),
        interpreter_seen=interpreter.seen,
        mounts=[(str(m.source), m.target) for m in interpreter.mounts],
    )
    for name, value in (("files.json", files), ("manifest.json", manifest)):
        with (folder / name).open("wb") as out:
            out.write(msgspec.json.encode(value))
            out.flush()
            os.fsync(out.fileno())


def _read(wanted: _Wanted, folder: Path) -> Bundle | None:
    try:
        manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=_Manifest)
    except (OSError, msgspec.MsgspecError):
        return None
    if not Path(manifest.interpreter_host).exists():
        return None
    content = folder / "content"
    return Bundle(
        tui=wanted.name,
        version=wanted.install.version,
        digest=manifest.digest,
        folder=content,
        mounts=(Mount(content, wanted.root), *(Mount(Path(s), t) for s, t in manifest.mounts)),
        placeholders={wanted.placeholder: wanted.root, manifest.interpreter: manifest.interpreter_seen},
        interpreter=f"{manifest.interpreter} {manifest.interpreter_version}",
        system_program=manifest.interpreter_host if Path(manifest.interpreter_host).is_relative_to(SYSTEM) else None,
    )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """One install of a bundle at a time, on this machine."""
    store = place.parent
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = (store / f".{place.name}.lock").open("w")
    except OSError as error:
        msg = f"{store}: bundles cannot be stored there: {error.strerror} (XDG_CACHE_HOME names another place)"
        raise SetupError(msg) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
