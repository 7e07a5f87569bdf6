"""What a terminal showed: asciicast v2 for playback, plain text for reading."""

import codecs
import json
import re
import time
from pathlib import Path

WIDTH, HEIGHT = 120, 40
MAX_CAST_BYTES = 16 << 20

# CSI, OSC (ended by BEL or ST), other string sequences, two-byte escapes.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"
    r"|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"
    r"|[PX^_][^\x1b]{0,4096}\x1b\\"
    r"|[ -/]*[0-~])"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class AsciicastWriter:
    """Writes `terminal.cast` as the output comes: a header line, then `[seconds, "o", text]` lines."""

    def __init__(self, path: Path, width: int, height: int, title: str) -> None:
        header = {"version": 2, "width": width, "height": height, "timestamp": int(time.time()), "title": title}
        self._file = path.open("w", encoding="utf-8")
        self._file.write(json.dumps(header) + "\n")
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._began = time.monotonic()
        self._left = MAX_CAST_BYTES

    def write(self, chunk: bytes) -> None:
        """Add a chunk; a character that is cut in two waits for its rest. Past the cap nothing more is kept."""
        if self._left <= 0:
            return
        self._left -= len(chunk)
        self._event(self._decode(chunk))
        if self._left <= 0:
            self._event(f"\r\n[recording ends here: more than {MAX_CAST_BYTES >> 20} MiB of output]\r\n")

    def close(self) -> None:
        """Flush what is left and close the file."""
        self._event(self._decode(b"", final=True))
        self._file.close()

    def _event(self, text: str) -> None:
        if text:
            event = [round(time.monotonic() - self._began, 6), "o", text]
            self._file.write(json.dumps(event) + "\n")


def plain_text(output: bytes) -> str:
    """Terminal output without escape sequences and control characters; a bare CR rewrites its line, as on a screen."""
    text = _ESCAPES.sub("", output.decode("utf-8", "replace").replace("\r\n", "\n"))
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _CONTROLS.sub("", "\n".join(lines))
