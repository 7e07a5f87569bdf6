"""Harbor task folders: `task.toml`, `instruction.md`, `environment/`, `tests/test.sh`, `solution/solve.sh`.

The environment's image is not built: toolchains of the catalogue stand in for its base (`dockerfile.py`). `tests/` is
shown at /tests and the work directory at its own place in a second, pristine sandbox; `solve.sh` is run once, in a
sandbox as well, and what it changes is the solution.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from codingagentbench.catalog.faults import fault_at, read_entry, read_text
from codingagentbench.errors import CatalogError
from codingagentbench.importers.dockerfile import Image, image_of, read_dockerfile
from codingagentbench.importers.draft import ADDED, Draft
from codingagentbench.importers.files import Files, SourceFile, find_folders, read_tree, refusal
from codingagentbench.importers.harbor_config import HarborTask, Step, Verifier, ignored_keys, refused_keys
from codingagentbench.importers.solve import solved

HIDDEN = ".cab"
"""In the graded tree: what Harbor keeps outside of the work directory."""
_PLACES = {"/tests": f"{HIDDEN}/tests", "/logs": f"{HIDDEN}/logs"}
_COMPOSE = ("docker-compose.yaml", "docker-compose.yml", "compose.yaml", "compose.yml", "singularity-compose.yaml")
_NETWORK = re.compile(
    r"(?:^|[\s;&|(])(apt-get|apt|apk|curl|wget|uvx|uv|pip3?\s+install|npm|npx|yarn|pnpm|cargo\s+install|git\s+clone)\b"
)
_CANARY = re.compile(r"^(<!--.*canary.*-->|#.*canary.*)$", re.IGNORECASE)


def harbor_drafts(root: Path) -> Iterator[tuple[Path, Callable[[], Draft]]]:
    """Every folder with a `task.toml` at or below `root`."""
    for folder in find_folders(root, "task.toml"):
        yield folder, partial(_draft, folder)


def _draft(folder: Path) -> Draft:
    """Raises CatalogError, with every key that cannot be kept."""
    config = _config(folder)
    files = read_tree(folder)
    _known_parts(folder, files)
    step = config.steps[0] if config.steps else None
    image = _image(folder, config, files)
    place = _workdir(folder, config, image)
    work = _work(folder, image, place, _below(files, f"steps/{step.name}/workdir") if step else {})
    tests = {**_below(files, "tests"), **(_below(files, f"steps/{step.name}/tests") if step else {})}
    solution = _below(files, f"steps/{step.name}/solution" if step else "solution") or _below(files, "solution")
    return _as_draft(folder, config, step, image, place, work, tests, solution, _instruction(folder, files, step))


def _as_draft(
    folder: Path,
    config: HarborTask,
    step: Step | None,
    image: Image,
    place: str,
    work: Files,
    tests: Files,
    solution: Files,
    prompt: str,
) -> Draft:
    _script(folder, "tests/test.sh", tests, "test.sh")
    verifier = _verifier(config, step)
    env = {**image.env, **config.environment.env}
    right = solved(folder, work, solution, toolchains=image.toolchains, env={**env, **config.solution.env}, at=place)
    if not right:
        raise refusal(
            folder / "solution/solve.sh", f"changes nothing below {place}: what a right answer is is not known"
        )
    task: dict[str, object] = {
        "language": next((t for t in image.toolchains if t != "bash"), "bash"),
        "title": _title(folder, config),
        "added": ADDED,
        "source": f"Harbor task {config.task.name if config.task else folder.name}",
        "ground_truth_files": [path for path in right if path != ".deleted"] or [".deleted"],
        "protected": [f"{HIDDEN}/**"],
        "toolchains": image.toolchains,
        "seen_at": None if place == "/work" else place,
        "budget": {"max_turns": 100, "timeout_s": max(1, round(_timeout(config, step)))},
        "env": env,
        "scorer": {
            "kind": "tests",
            "format": "cab",
            "command": [
                "{python}",
                "-I",
                "-S",
                "-B",
                "{graders}/harbor_verifier.py",
                *_kept(folder, config, step, place),
            ],
            "tests": ["reward"],
            "timeout_s": max(1, round(verifier.timeout_sec)),
            "env": {**config.verifier.env, **verifier.env},
            "places": _PLACES,
        },
    }
    task["toolchains"] = list(dict.fromkeys([*image.toolchains, "python"]))
    grader = {f"{HIDDEN}/tests/{path}": file for path, file in tests.items()}
    grader[f"{HIDDEN}/logs/verifier/.kept"] = SourceFile(b"")
    if _mode(config, step) == "separate":
        grader |= {f"{HIDDEN}/pristine/{path}": file for path, file in work.items()}
    return Draft(_id(folder, config), task, prompt, work, grader, right, list(_notes(config, image)))


def _config(folder: Path) -> HarborTask:
    file = folder / "task.toml"
    if file.is_symlink():
        raise refusal(file, "a symbolic link: accepted: plain files")
    config = read_entry(file, HarborTask)
    text = read_text(file)
    faults = [fault_at(file, text, key, what) for key, what in refused_keys(config)]
    if faults:
        raise CatalogError("\n".join(faults))
    return config


def _known_parts(folder: Path, files: Files) -> None:
    """Parts of the folder that mean something to Harbor and cannot be kept."""
    for path in files:
        name = Path(path).name
        if path.startswith("environment/") and name in _COMPOSE:
            raise refusal(folder / path, "services beside the agent's sandbox cannot be had here")
        if name in {".harborignore", "trajectory.json"} and path.split("/")[0] != "environment":
            raise refusal(folder / path, "cannot be kept here: leave it out")
        if re.fullmatch(r"(steps/[^/]+/)?tests/(Dockerfile|docker-compose\.yaml)", path):
            raise refusal(folder / path, "an environment of the verifier's own cannot be had here")
        if re.fullmatch(r"steps/[^/]+/workdir/setup\.sh", path):
            raise refusal(folder / path, "a step's setup is not run here")


def _below(files: Files, folder: str) -> dict[str, SourceFile]:
    return {path.removeprefix(f"{folder}/"): file for path, file in files.items() if path.startswith(f"{folder}/")}


def _image(folder: Path, config: HarborTask, files: Files) -> Image:
    if config.environment.docker_image is not None:
        return image_of(config.environment.docker_image, f"{folder / 'task.toml'}: environment.docker_image")
    file = folder / "environment" / "Dockerfile"
    if "environment/Dockerfile" not in files:
        raise refusal(file, "missing: accepted: a Dockerfile, or environment.docker_image")
    return read_dockerfile(file, files["environment/Dockerfile"].content, _below(files, "environment"))


def _workdir(folder: Path, config: HarborTask, image: Image) -> str:
    place = (config.environment.workdir or image.workdir).rstrip("/")
    taken = {"/tests", "/logs", "/solution", "/oracle", "/home", "/opt", "/root"}
    if not place.startswith("/") or place in taken:
        what = f"work directory {place or '/'!r}: accepted: a folder of its own such as /app, by WORKDIR"
        raise refusal(folder / "environment", what)
    return place


def _work(folder: Path, image: Image, place: str, staged: Files) -> dict[str, SourceFile]:
    """What the image has in the work directory. Raises CatalogError for what it has elsewhere."""
    for path in image.files:
        if not path.startswith(f"{place}/"):
            raise refusal(
                folder / "environment/Dockerfile", f"COPY to {path}: accepted: below the work directory {place}"
            )
    found = {path.removeprefix(f"{place}/"): file for path, file in image.files.items()}
    return {**found, **staged} or {".gitkeep": SourceFile(b"")}


def _instruction(folder: Path, files: Files, step: Step | None) -> str:
    """The prompt, without the lines that mark it for searches of training data."""
    path = f"steps/{step.name}/instruction.md" if step else "instruction.md"
    if path not in files:
        raise refusal(folder / path, "missing: it is all that the agent is told")
    try:
        lines = files[path].content.decode().split("\n")
    except UnicodeDecodeError as error:
        raise refusal(folder / path, f"not UTF-8 at byte {error.start}") from error
    while lines and (_CANARY.match(lines[0].strip()) or not lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines)


def _script(folder: Path, shown: str, tests: Files, name: str) -> None:
    """The verifier's entry, which may not need a network."""
    if name not in tests:
        raise refusal(folder / shown, "missing: accepted: a shell script that writes /logs/verifier/reward.txt")
    for number, line in enumerate(tests[name].content.decode("utf-8", "replace").splitlines(), 1):
        code = line.split("#", 1)[0]
        if found := _NETWORK.search(code):
            raise refusal(f"{folder / shown}:{number}", f"{found[1]!r}: needs the network, and no sandbox has one")


def _verifier(config: HarborTask, step: Step | None) -> Verifier:
    return step.verifier if step and "verifier" in step.model_fields_set else config.verifier


def _timeout(config: HarborTask, step: Step | None) -> float:
    return (step.agent.timeout_sec if step else None) or config.agent.timeout_sec or 3600.0


def _mode(config: HarborTask, step: Step | None) -> str:
    return (step.verifier.environment_mode if step else None) or config.verifier.environment_mode or "shared"


def _kept(folder: Path, config: HarborTask, step: Step | None, place: str) -> list[str]:
    """What of the agent's work a separate verifier sees: the artifacts, by their paths in the work directory."""
    entries = [*config.artifacts, *(step.artifacts if step else [])]
    separate = _mode(config, step) == "separate"
    kept = []
    for entry in entries:
        source = (entry if isinstance(entry, str) else entry.source).rstrip("/")
        path = source if source.startswith("/") else f"{place}/{source}"
        if path != place and not path.startswith(f"{place}/"):
            raise refusal(folder / "task.toml", f"artifacts: {source!r}: accepted: what lies below {place}")
        if separate and not isinstance(entry, str) and (entry.exclude or entry.destination):
            raise refusal(folder / "task.toml", f"artifacts: {source!r}: exclude and destination are not kept here")
        kept.append(path.removeprefix(place).lstrip("/") or ".")
    return ["--separate", *kept] if separate else []


def _title(folder: Path, config: HarborTask) -> str:
    described = config.task.description.strip() if config.task else ""
    line = described.splitlines()[0][:100] if described else folder.name
    return "".join(c if c.isprintable() else " " for c in line)


def _id(folder: Path, config: HarborTask) -> str:
    name = (config.task.name if config.task else folder.name).lower().replace("/", "--")
    name = re.sub(r"[^a-z0-9._-]", "-", name).lstrip("-._")
    if not name:
        raise refusal(folder, "the folder's name gives no task id: accepted: names such as hello-world")
    return f"harbor/{name}"


def _notes(config: HarborTask, image: Image) -> Iterator[str]:
    yield f"toolchains of this machine stand in for the image {image.base}"
    environment = config.environment
    if environment.network_mode is None and environment.allow_internet is None:
        yield "environment.network_mode is not set, which Harbor takes for public: runs without a network"
    if environment.cpus is not None or environment.storage_mb is not None or environment.storage is not None:
        yield "environment.cpus and storage are not enforced"
    for key in ignored_keys(config):
        yield f"{key}: unknown to Harbor too, passed over"
