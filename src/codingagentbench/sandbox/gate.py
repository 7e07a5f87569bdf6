"""The last step before the command: a shell that waits for its orders on a control pipe.

The command starts only when the harness says so: a harness that dies or gives up before closes the pipe, and the shell
ends without having run anything (bwrap's own `--block-fd` would let the command go at that moment). Environment and
argv travel through the pipe too, so they are on no command line, and a variable like LD_PRELOAD meets no program that
still has privileges.
"""

import fcntl
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codingagentbench.errors import SandboxError

SHELL = "/bin/sh"
RELEASE = b"x"
"""What `--block-fd` of bwrap takes before the shell reads; a dup of the same pipe."""
_PIPE_BYTES = 1 << 16
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class ControlPipe:
    """The harness writes, the shell reads it as its standard input."""

    read: int
    write: int

    @classmethod
    def make(cls) -> "ControlPipe":
        """A new pipe, both ends closed in every child that is not given one."""
        return cls(*os.pipe2(os.O_CLOEXEC))

    def send(self, data: bytes) -> None:
        """Write without ever blocking: the pipe is made large enough first. Raises SandboxError."""
        try:
            if len(data) >= _PIPE_BYTES:
                fcntl.fcntl(self.write, fcntl.F_SETPIPE_SZ, len(data) + _PIPE_BYTES)
            os.write(self.write, data)
        except BrokenPipeError:
            return  # it has ended already; its exit tells why
        except OSError as error:
            msg = f"argv and environment of {len(data)} bytes cannot be passed to the sandbox: {error.strerror}"
            raise SandboxError(msg) from error

    def close(self) -> None:
        """Close both ends; what still waits for orders ends. A second call does nothing."""
        self.read_given()
        if self.write >= 0:
            os.close(self.write)
            self.write = -1

    def read_given(self) -> None:
        """Close our copy of the reading end."""
        if self.read >= 0:
            os.close(self.read)
            self.read = -1


def orders(argv: Sequence[str], env: Mapping[str, str], *, tty: bool) -> bytes:
    """The shell's script. With a terminal the command leads a session of its own and the terminal controls it.

    Raises SandboxError for what no shell can pass on: an empty argv, a name that is no identifier, a NUL.
    """
    bad = [name for name in env if not _NAME.fullmatch(name)]
    if bad or not argv:
        what = f"environment variable {bad[0]!r}: accepted are letters, digits and _" if bad else "argv is empty"
        msg = f"the sandbox's command cannot be run: {what}"
        raise SandboxError(msg)
    exports = [b"export " + name.encode() + b"=" + _quoted(value) for name, value in env.items()]
    command = [b"exec", *([b"/usr/bin/setsid", b"-c"] if tty else []), *(_quoted(a) for a in argv)]
    script = b"\n".join([*exports, b" ".join([*command, b"<&1" if tty else b"</dev/null"])])
    if b"\0" in script:
        msg = f"the sandbox's command cannot be run: a NUL in the arguments or environment of {argv[0]!r}"
        raise SandboxError(msg)
    return script + b"\n"


def _quoted(text: str) -> bytes:
    return b"'" + os.fsencode(text).replace(b"'", b"'\\''") + b"'"
