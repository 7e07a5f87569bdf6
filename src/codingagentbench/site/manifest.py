"""What the last build wrote, so that the next one writes only what has changed and removes what is no longer."""

from pathlib import Path

import msgspec

from codingagentbench.errors import StoreError, UsageError

NAME = ".cab-site.json"
VERSION = 1


class Manifest(msgspec.Struct):
    """Page path below the site's root to the key of what it shows, and the files that belong to it."""

    version: int = VERSION
    pages: dict[str, str] = {}


def open_manifest(out: Path) -> Manifest:
    """The manifest in `out`, empty for a new site. Raises UsageError where `out` holds something else."""
    path = out / NAME
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            if any(out.iterdir()):
                msg = f"{out}: is not empty and holds no site of ours: name an empty or a new folder"
                raise UsageError(msg)
            save_manifest(out, Manifest())
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.MsgspecError:
        return Manifest()  # damaged: everything is written again
    except OSError as error:
        msg = f"{out}: the site cannot be written: {error.strerror}"
        raise StoreError(msg) from error


def save_manifest(out: Path, manifest: Manifest) -> None:
    """Written beside and renamed: a build that is killed leaves the old one."""
    fresh = out / f"{NAME}.new"
    fresh.write_bytes(msgspec.json.encode(manifest))
    fresh.replace(out / NAME)
