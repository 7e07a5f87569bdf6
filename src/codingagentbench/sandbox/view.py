"""What is in view inside a bubblewrap sandbox, as arguments of bwrap."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from codingagentbench.sandbox.base import HOME, WORK, Mount, SandboxSpec

PACKAGE = Path(__file__).resolve().parents[1]
TMP_BYTES = 1 << 30
SHM_BYTES = 1 << 28
_SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
# What programs need of /etc to start at all; nothing that names users, hosts, networks or time zone here.
_ETC = (
    "ld.so.cache",
    "alternatives",
    "ssl/certs",
    "ssl/openssl.cnf",
    "pki/tls",
    "pki/ca-trust",
    "ca-certificates.conf",
)
_ETC_GLOBS = ("java-*", "python3*")


def system_view() -> list[str]:
    """The system's program folders, read-only, and the pieces of /etc, /dev, /proc and /tmp."""
    view = ["--ro-bind", "/usr", "/usr"]
    for place in (Path("/") / name for name in _SYSTEM_LINKS):
        if place.is_symlink():
            view += ["--symlink", str(place.readlink()), str(place)]
        elif place.is_dir():
            view += ["--ro-bind", str(place), str(place)]
    view += [*_readable(["/etc", "/etc/ssl", "/etc/pki", "/home", "/opt"])]
    etc = [Path("/etc", name) for name in _ETC] + [p for g in _ETC_GLOBS for p in sorted(Path("/etc").glob(g))]
    for place in etc:
        if place.exists():
            view += ["--ro-bind-try", str(place), str(place)]
    view += ["--proc", "/proc", "--dev", "/dev", *_scratch("/dev/shm", SHM_BYTES)]  # noqa: S108  # the sandbox's own
    return [*view, *_scratch("/tmp", TMP_BYTES)]  # noqa: S108  # the sandbox's own


def made_etc(uid: int) -> dict[str, bytes]:
    """The few files of /etc that are made up, so that the machine's own are not shown."""
    agent = f"agent:x:{uid}:{uid}:agent:{HOME}:/bin/sh"
    texts = {
        "/etc/passwd": f"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n{agent}\n",
        "/etc/group": f"root:x:0:\nagent:x:{uid}:\n",
        "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
        # With `dns` a look-up is a datagram to the sandbox's own loopback: refused at once, and counted.
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }
    return {path: text.encode() for path, text in texts.items()}


def spec_view(spec: SandboxSpec, hidden: Sequence[Path]) -> list[str]:
    """Work, home and mounts of one run; then an empty folder over each of `hidden` that would be in view."""
    mounts = [Mount(spec.work, WORK, writable=True), Mount(spec.home, HOME, writable=True), *spec.mounts]
    view = _readable({str(p): None for m in mounts for p in reversed(Path(m.target).parents) if p != Path("/")})
    for mount in mounts:
        view += ["--bind" if mount.writable else "--ro-bind", str(mount.source), mount.target]
    for place in masks([Mount(Path("/usr"), "/usr"), *mounts], hidden):
        view += ["--perms", "0555", "--size", "4096", "--tmpfs", place]
    return [*view, "--chdir", WORK, "--remount-ro", "/dev", "--remount-ro", "/"]


def masks(mounts: Iterable[Mount], hidden: Sequence[Path]) -> list[str]:
    """Where folders that must not be seen would appear."""
    places: dict[str, None] = {}
    for mount in mounts:
        source = Path(os.path.realpath(mount.source))
        for folder in hidden:
            if folder.is_relative_to(source) and folder.is_dir():
                places[str(Path(mount.target, folder.relative_to(source)))] = None
    return list(places)


def _readable(folders: Iterable[str]) -> list[str]:
    """Folders that everybody may pass; the ones that bwrap makes on its own are for root alone."""
    return [a for folder in folders for a in ("--perms", "0755", "--dir", folder)]


def _scratch(folder: str, size: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size), "--tmpfs", folder]
