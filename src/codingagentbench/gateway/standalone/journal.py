"""`model_calls.jsonl` as it grows: a line for each call, written when its bodies are."""

import io
from pathlib import Path

import msgspec

from codingagentbench.store.record import ModelCall


class CallJournal:
    """Appends whole lines; used by one recorder at a time."""

    def __init__(self, path: Path) -> None:
        self._file = io.FileIO(path, "a")
        self._encoder = msgspec.json.Encoder()

    def append(self, call: ModelCall) -> None:
        """Raises OSError; half a line is never left: a reader can trust every line that ends."""
        line = memoryview(self._encoder.encode(call) + b"\n")
        size = self._file.tell()
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError:
            self._file.truncate(size)
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
