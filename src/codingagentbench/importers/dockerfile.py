"""The few Dockerfiles whose image our engines can do without: a known base, files copied, a work directory."""

import fnmatch
import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from codingagentbench.importers.files import Files, SourceFile, refusal

BASES = {
    "python": ["python", "bash"],
    "node": ["node", "bash"],
    "golang": ["go", "bash"],
    "rust": ["rust", "bash"],
    "gcc": ["c", "cpp", "bash"],
    "eclipse-temurin": ["java", "bash"],
    "openjdk": ["java", "bash"],
    "debian": ["bash"],
    "ubuntu": ["bash"],
    "bash": ["bash"],
}
"""Image name to the toolchains of the catalogue that stand in for it, whatever its tag says."""
_WITHOUT_EFFECT = frozenset({"CMD", "ENTRYPOINT", "EXPOSE", "LABEL", "MAINTAINER", "STOPSIGNAL", "SHELL"})


@dataclass
class Image:
    """What a Dockerfile comes to."""

    base: str
    toolchains: list[str]
    workdir: str = "/"
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, SourceFile] = field(default_factory=dict)
    """Absolute path in the image to the file."""


def image_of(base: str, place: Path | str) -> Image:
    """An image that nothing is added to. Raises CatalogError where no toolchain stands in for it."""
    name = base.partition("@")[0].rpartition(":")[0] or base.partition("@")[0]
    name = name.removeprefix("docker.io/").removeprefix("library/")
    if name not in BASES:
        raise refusal(place, f"the image {base!r} cannot be had here: accepted: {', '.join(BASES)}, with any tag")
    return Image(base, BASES[name])


def read_dockerfile(file: Path, content: bytes, context: Files) -> Image:
    """Raises CatalogError, with the line, for the first instruction that cannot be followed."""
    image: Image | None = None
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise refusal(file, f"not UTF-8 at byte {error.start}") from error
    for line, instruction, rest in _instructions(text):
        place = f"{file}:{line}: {instruction}"
        if instruction == "FROM":
            if image is not None or not re.fullmatch(r"\S+", rest):
                raise refusal(place, f"{rest!r}: accepted: one FROM with an image, no stages and no platform")
            image = image_of(rest, place)
        elif image is None:
            raise refusal(place, "before FROM: not accepted")
        else:
            _follow(image, instruction, rest, context, place)
    if image is None:
        raise refusal(file, "no FROM: there is no image")
    return image


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, instruction, and the rest with its continuations."""
    pending, began = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        began = began if pending else number
        pending += line.strip()
        if pending.endswith("\\"):
            pending = pending[:-1] + " "
            continue
        word, _, rest = pending.strip().partition(" ")
        if word:
            yield began, word.upper(), rest.strip()
        pending = ""
    if pending.strip():
        word, _, rest = pending.strip().partition(" ")
        yield began, word.upper(), rest.strip()


def _follow(image: Image, instruction: str, rest: str, context: Files, place: str) -> None:
    if instruction in _WITHOUT_EFFECT:
        return
    if "$" in rest or "<<" in rest:
        raise refusal(place, "variables and here-documents are not followed here")
    match instruction:
        case "WORKDIR":
            image.workdir = posixpath.normpath(posixpath.join(image.workdir, rest.strip("\"'")))
        case "ENV":
            image.env |= _variables(rest, place)
        case "COPY" | "ADD":
            _copy(image, _words(rest, place), context, place)
        case "RUN":
            _run(rest, place)
        case "USER" if rest in {"root", "0"}:
            return
        case _:
            raise refusal(place, "cannot be kept here: accepted: FROM, WORKDIR, COPY, ENV and what has no effect")


def _run(rest: str, place: str) -> None:
    """A folder made is one that is there: git keeps no empty one, and COPY makes its own."""
    words = _words(rest, place)
    if words[:2] != ["mkdir", "-p"] or any(w in {"&&", ";", "||", "|"} or w.startswith("-") for w in words[2:]):
        what = "needs the image to be built, which is not done here: accepted: `mkdir -p FOLDER`"
        raise refusal(place, f"{rest[:80]!r}: {what}")


def _words(rest: str, place: str) -> list[str]:
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise refusal(place, f"{rest[:80]!r}: {error}") from error
    if rest.startswith("["):
        raise refusal(place, "the form with brackets is not read here")
    return words


def _variables(rest: str, place: str) -> dict[str, str]:
    pairs = [w.partition("=") for w in _words(rest, place)]
    if any(not equals for _, equals, _ in pairs):
        raise refusal(place, f"{rest[:80]!r}: accepted: NAME=VALUE")
    found = {name: value for name, _, value in pairs}
    for name in found:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name in {"PATH", "HOME"} or name.startswith("LD_"):
            raise refusal(place, f"{name}: not a variable that can be set here")
    return found


def _copy(image: Image, words: list[str], context: Files, place: str) -> None:
    words = [w for w in words if not w.startswith("--chown=")]
    if len(words) < len(("source", "target")) or any(w.startswith("--") for w in words):
        raise refusal(place, "accepted: COPY SOURCE... TARGET")
    *sources, target = words
    into = posixpath.normpath(posixpath.join(image.workdir, target))
    is_folder = target.endswith("/") or len(sources) > 1 or target in {".", "./"}
    for source in sources:
        copied = dict(_chosen(source, context, into, is_folder=is_folder, place=place))
        if not copied:
            raise refusal(place, f"{source!r}: no such file in environment/")
        image.files |= copied


def _chosen(source: str, context: Files, into: str, *, is_folder: bool, place: str) -> Iterator[tuple[str, SourceFile]]:
    """A folder's contents, or files by name or glob, with where they go."""
    if ".dockerignore" in context:
        raise refusal(place, ".dockerignore is not read here")
    wanted = posixpath.normpath(source.lstrip("/") or ".")
    if wanted.startswith("..") or ":" in source:
        raise refusal(place, f"{source!r}: accepted: files of environment/")
    if re.search(r"\.(tar|tgz|tar\.\w+)$", wanted) and place.endswith("ADD"):
        raise refusal(place, f"{source!r}: archives are not unpacked here")
    if wanted in context:
        yield (posixpath.join(into, posixpath.basename(wanted)) if is_folder else into), context[wanted]
        return
    below = "" if wanted == "." else f"{wanted}/"
    for path, file in context.items():
        if path.startswith(below) and not any(c in wanted for c in "*?["):
            yield posixpath.join(into, path.removeprefix(below)), file
        elif "/" not in path.removeprefix(f"{posixpath.dirname(wanted)}/") and fnmatch.fnmatchcase(path, wanted):
            yield posixpath.join(into, posixpath.basename(path)), file
