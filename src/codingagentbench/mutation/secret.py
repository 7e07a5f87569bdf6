"""The seed of a held-out set: committed to before anything runs, revealed when it is over.

The commitment is sha256("cab-held-out/1", 0, seed, 0, nonce). The nonce keeps a seed that can be guessed
from being found by trying.
"""

import hashlib
import os
import secrets
from pathlib import Path

import msgspec

from codingagentbench.errors import StoreError, UsageError

SEED_VARIABLE = "CAB_HELD_OUT_SEED"
FOLDER = ".held-out"
"""Below a sweep's results, readable by its owner alone: the secret, and the tasks made from it."""
PUBLISHED = "held-out.json"
"""Beside it, for everybody: the commitment, and the secret once it is revealed."""


class Secret(msgspec.Struct, frozen=True):
    """`secret.json`; `held-out.json` without its seed and nonce until they are revealed."""

    commitment: str
    seed: str | None = None
    nonce: str | None = None


def commit(seed: str, nonce: str) -> str:
    """The commitment to a seed."""
    text = b"\0".join([b"cab-held-out/1", seed.encode(), nonce.encode()])
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def open_secret(sweep: Path) -> Secret:
    """The sweep's secret, made where there is none: the seed of the environment, or a random one of 256 bits.

    Raises UsageError where the environment names another seed than the sweep began with.
    """
    folder, given = sweep / FOLDER, os.environ.get(SEED_VARIABLE)
    file = folder / "secret.json"
    if file.exists():
        known = _read(file)
        if given is not None and given != known.seed:
            msg = f"{SEED_VARIABLE}: not the seed that {sweep.name} began with: unset it, or run another sweep"
            raise UsageError(msg)
        return known
    seed, nonce = given or secrets.token_hex(32), secrets.token_hex(32)
    made = Secret(commit(seed, nonce), seed, nonce)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(file, made, 0o600)
    _write(sweep / PUBLISHED, Secret(made.commitment), 0o644)
    return made


def read_secret(sweep: Path) -> Secret:
    """The sweep's secret. Raises UsageError for a sweep without a held-out set, StoreError for a damaged one."""
    file = sweep / FOLDER / "secret.json"
    if not file.exists():
        msg = f"{sweep.name}: no held-out set was made here ({file} is missing)"
        raise UsageError(msg)
    return _read(file)


def publish(sweep: Path, secret: Secret) -> None:
    """Write seed and nonce beside the sweep's cells."""
    _write(sweep / PUBLISHED, secret, 0o644)


def holds(secret: Secret) -> bool:
    """Whether seed and nonce are those that were committed to."""
    return (
        secret.seed is not None and secret.nonce is not None and commit(secret.seed, secret.nonce) == secret.commitment
    )


def _read(file: Path) -> Secret:
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Secret)
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{file}: cannot be read: {error}"
        raise StoreError(msg) from error
    if not holds(found):
        msg = f"{file}: damaged: seed and nonce do not give the commitment"
        raise StoreError(msg)
    return found


def _write(file: Path, secret: Secret, mode: int) -> None:
    partial = file.with_name(f".{file.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(msgspec.json.encode(secret) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    except OSError as error:
        msg = f"{file}: cannot be written: {error.strerror}"
        raise StoreError(msg) from error
