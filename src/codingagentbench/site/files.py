"""Writing the site's files: each folder is made once, and an empty file is no file."""

from pathlib import Path


class FileWriter:
    """Writes below `out`. Every method may raise OSError."""

    def __init__(self, out: Path) -> None:
        self._out = f"{out}/"
        self._folders: set[str] = set()

    def write(self, path: str, content: bytes) -> None:
        """One file; without content there is none, and one that is there goes."""
        folder, _, name = path.rpartition("/")
        target = self.folder(folder) / name
        if content:
            target.write_bytes(content)
        else:
            target.unlink(missing_ok=True)

    def folder(self, path: str) -> Path:
        """A folder, made where it is missing."""
        folder = Path(self._out + path)
        if path not in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            self._folders.add(path)
        return folder
