"""Running a foreign solution script once, in a sandbox, to see what it changes."""

import asyncio
import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from codingagentbench.catalog.load import Catalog, own_root
from codingagentbench.errors import CabError, SetupError
from codingagentbench.gateway.controls.work import DELETED
from codingagentbench.importers.files import Files, SourceFile, read_tree, refusal
from codingagentbench.paths import cache_root
from codingagentbench.runner.launch import environment
from codingagentbench.sandbox.base import WORK, Limits, Mount, SandboxSpec
from codingagentbench.sandbox.engines import engine

TIMEOUT_S = 120
_TAIL = 200


class _Kept(msgspec.Struct, frozen=True):
    files: dict[str, tuple[bytes, bool]]


def solved(
    folder: Path, work: Files, solution: Files, *, toolchains: Sequence[str], env: Mapping[str, str], at: str
) -> dict[str, SourceFile]:
    """The files that `solve.sh` adds or changes in `work`, and `.deleted` with those that it removes.

    Kept by the content of all that goes in. Raises CatalogError where the script is missing or fails.
    """
    script = folder / "solution" / "solve.sh"
    if "solve.sh" not in solution:
        raise refusal(script, "missing: what a right answer changes is not known without a solution")
    key = _key(work, solution, [*toolchains, at, *map("=".join, sorted(env.items()))])
    place = cache_root() / "solved" / f"{key}.msgpack"
    try:
        kept = msgspec.msgpack.decode(place.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        changed = asyncio.run(_run(script, work, solution, toolchains, env, at))
        kept = _Kept({path: (file.content, file.executable) for path, file in changed.items()})
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_suffix(".partial")
        partial.write_bytes(msgspec.msgpack.encode(kept))
        partial.rename(place)
    return {path: SourceFile(content, executable) for path, (content, executable) in kept.files.items()}


async def _run(
    script: Path, work: Files, solution: Files, toolchains: Sequence[str], env: Mapping[str, str], at: str
) -> dict[str, SourceFile]:
    catalog = Catalog([own_root()])
    with tempfile.TemporaryDirectory(prefix="cab-solve-", ignore_cleanup_errors=True) as scratch:
        tree, home, answer = (Path(scratch, name) for name in ("work", "home", "solution"))
        for place, files in ((tree, work), (home, {}), (answer, solution)):
            _lay(files, place)
        try:
            held = engine("bubblewrap", hidden=[script.parent.parent])
            held.preflight()
            found = [held.find_toolchain(catalog.toolchain(name)) for name in toolchains]
            mounts = [Mount(answer, "/solution"), *(m for t in found for m in t.mounts)]
            mounts += [Mount(tree, at, writable=True)] if at != WORK else []
            ended = await held.run(
                SandboxSpec(
                    argv=["sh", "-c", f"cd {at} && exec bash /solution/solve.sh"],
                    work=tree,
                    home=home,
                    env={**environment(found), **env},
                    limits=Limits(wall_s=TIMEOUT_S),
                    mounts=mounts,
                )
            )
        except SetupError as error:
            raise refusal(script, f"cannot be run here: {error}") from error
        except CabError as error:
            raise refusal(script, f"its sandbox failed: {error}") from error
        if ended.exit_code != 0:
            said = (ended.stderr or ended.stdout).decode("utf-8", "replace").strip()[-_TAIL:]
            how = "did not end in time" if ended.timed_out else f"ended with exit code {ended.exit_code}"
            raise refusal(script, f"{how} in a sandbox without a network: {' '.join(said.split())!r}")
        return _changes(work, read_tree(tree))


def _changes(before: Files, after: Files) -> dict[str, SourceFile]:
    changed = {path: file for path, file in after.items() if before.get(path) != file}
    removed = [path for path in before if path not in after]
    if removed:
        changed[DELETED] = SourceFile("".join(f"{path}\n" for path in removed).encode())
    return changed


def _lay(files: Files, folder: Path) -> None:
    folder.mkdir(parents=True)
    for path, file in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
        place.chmod(0o755 if file.executable else 0o644)


def _key(work: Files, solution: Files, more: Sequence[str]) -> str:
    parts = [
        [(path, hashlib.sha256(file.content).hexdigest(), file.executable) for path, file in sorted(files.items())]
        for files in (work, solution)
    ]
    return hashlib.sha256(msgspec.json.encode([parts, list(more)])).hexdigest()
