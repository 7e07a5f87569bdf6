"""An image's configuration and the archive that `POST /images/load` takes, the same bytes for the same inputs."""

import datetime as dt
import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codingagentbench.images.layer import EPOCH

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_CREATED = dt.datetime.fromtimestamp(EPOCH, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: its digest and its archive, None where the daemon has it already."""

    digest: str
    archive: Path | None
    made_by: str


def configuration(layers: Sequence[Layer], labels: Mapping[str, str], env: Sequence[str] = ()) -> bytes:
    """The image's configuration; its sha256 is the image's id."""
    content: dict[str, Any] = {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": _CREATED,
        "config": {"Env": list(env), "Cmd": ["/bin/sh"], "Labels": dict(sorted(labels.items()))},
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
        "history": [{"created": _CREATED, "created_by": layer.made_by} for layer in layers],
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def image_id(config: bytes) -> str:
    """What Docker calls the image, "sha256:<hex>"."""
    return f"sha256:{hashlib.sha256(config).hexdigest()}"


def write_archive(config: bytes, layers: Sequence[Layer], tags: Sequence[str], out: Path) -> None:
    """The archive for the daemon. A layer that it has need not be in it: it is found by its digest."""
    name = f"{image_id(config).removeprefix('sha256:')}.json"
    places = [f"{layer.digest.removeprefix('sha256:')}/layer.tar" for layer in layers]
    manifest = json.dumps([{"Config": name, "RepoTags": list(tags), "Layers": places}]).encode()
    with tarfile.open(out, "w", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, name, config)
        _add(archive, "manifest.json", manifest)
        for layer, place in zip(layers, places, strict=True):
            if layer.archive is not None:
                archive.add(layer.archive, place, recursive=False)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(content), EPOCH
    archive.addfile(info, io.BytesIO(content))
