"""What a terminal showed: asciicast v2 for playback, plain text for reading."""

import codecs
import json
import re
import time
from pathlib import Path

from codingagentbench.scrub import Scrubber, StreamScrubber

WIDTH, HEIGHT = 120, 40
MAX_CAST_BYTES = 16 << 20
_NOTE_BYTES = 200

# The text is an agent's: no repeat can be backtracked into or run past the next start of a string, so that unfinished
# sequences cost one pass and not one each.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"  # CSI
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x90\x98\x9c-\x9f]*+(?:\x07|\x1b\\|\x9c)"  # OSC: titles, links, clipboard
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x90\x98\x9c-\x9f]*+(?:\x1b\\|\x9c)"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*+[0-~]"  # two-byte escapes
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class AsciicastWriter:
    """Writes `terminal.cast` as the output comes: a header line, then `[seconds, "o", text]` lines.

    https://docs.asciinema.org/manual/asciicast/v2/. The file stays under MAX_CAST_BYTES; where output had to be left
    out, the last event says how much.
    """

    def __init__(self, path: Path, width: int, height: int, title: str, scrubber: Scrubber | None = None) -> None:
        header = {"version": 2, "width": width, "height": height, "timestamp": int(time.time()), "title": title}
        line = json.dumps(header) + "\n"
        self._file = path.open("w", encoding="ascii")
        self._file.write(line)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._scrub = StreamScrubber(scrubber or Scrubber())
        self._began = time.monotonic()
        self._room = MAX_CAST_BYTES - _NOTE_BYTES - len(line)
        self._left_out = 0

    def write(self, chunk: bytes) -> None:
        """Add a chunk; a character that is cut in two waits for its rest. Raises OSError (a full disk)."""
        if self._left_out:
            self._left_out += len(chunk)
            return
        line = self._event(self._decode(self._scrub.feed(chunk)))
        if len(line) > self._room:
            self._left_out = len(chunk)
            return
        self._room -= len(line)
        self._file.write(line)

    def close(self) -> None:
        """Write what is left and close the file. A second call does nothing."""
        if self._file.closed:
            return
        with self._file:
            if self._left_out:
                self._file.write(self._event(f"\r\n[recording ends here: {self._left_out} more bytes of output]\r\n"))
            else:
                self._file.write(self._event(self._decode(self._scrub.close(), final=True)))

    def _event(self, text: str) -> str:
        return json.dumps([round(time.monotonic() - self._began, 6), "o", text]) + "\n" if text else ""


def plain_text(output: bytes) -> str:
    """Terminal output without escape sequences and control characters; a bare CR rewrites its line, as on a screen."""
    text = _ESCAPES.sub("", output.decode("utf-8", "replace").replace("\r\n", "\n"))
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _CONTROLS.sub("", "\n".join(lines))
