"""Harbor's `task.toml`, schema 1.0 to 1.4, as far as it can be kept here.

Every key that Harbor knows is here; what is set and cannot be enforced is refused by name (`refused_keys`). A value is
never read more kindly than Harbor reads it: what its models refuse, these refuse too.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Env = dict[str, str]


class _Model(BaseModel):
    """Unknown keys are kept, to be named; values are not coerced."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


def _within(path: str) -> str:
    if ".." in PurePosixPath(path).parts or not path:
        msg = "must be a path without '..'"
        raise ValueError(msg)
    return path


def _plain(path: str) -> str:
    if path and (not re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", path, re.ASCII) or path == "manifest.json"):
        msg = "must be a relative path of plain names, not manifest.json"
        raise ValueError(msg)
    return path


def _single_dots(name: str) -> str:
    if ".." in name:
        msg = "must not contain '..'"
        raise ValueError(msg)
    return name


def _portable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_. -]{0,98}[A-Za-z0-9_-]|[A-Za-z0-9_-]", name) or re.fullmatch(
        r"(CON|PRN|AUX|NUL|(COM|LPT)[1-9])", name.partition(".")[0].strip(), re.IGNORECASE
    ):
        msg = "must be a plain folder name that every system accepts"
        raise ValueError(msg)
    return name


class Artifact(_Model):
    """A file or folder that Harbor collects."""

    source: Annotated[str, AfterValidator(_within)]
    destination: Annotated[str, AfterValidator(_plain)] | None = None
    exclude: list[str] = []
    service: Literal["main"] | None = None


Artifacts = list[Annotated[str, AfterValidator(_within)] | Artifact]


class Phase(_Model):
    """What `[agent]` and `[verifier]` share."""

    network_mode: Literal["no-network", "public", "allowlist"] | None = None
    allowed_hosts: list[str] | None = None
    user: str | int | None = None


class Agent(Phase):
    """`[agent]`."""

    timeout_sec: Seconds | None = None


class Environment(_Model):
    """`[environment]`."""

    network_mode: Literal["no-network", "public", "allowlist"] | None = None
    allowed_hosts: list[str] | None = None
    allow_internet: bool | None = None
    build_timeout_sec: Seconds = 600.0
    docker_image: str | None = None
    os: str = "linux"
    cpus: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    memory_mb: Annotated[int, Field(gt=0)] | None = None
    storage_mb: Annotated[int, Field(gt=0)] | None = None
    memory: Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,3})?[GMKgmk]$")] | None = None
    storage: Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,3})?[GMKgmk]$")] | None = None
    gpus: Annotated[int, Field(ge=0)] | None = None
    gpu_types: list[str] | None = None
    tpu: Any = None
    mcp_servers: list[Any] = []
    env: Env = {}
    skills_dir: str | None = None
    healthcheck: Any = None
    workdir: str | None = None

    @property
    def memory_bytes(self) -> int | None:
        """What it asks for; None where it asks for nothing."""
        if self.memory is None:
            return None if self.memory_mb is None else self.memory_mb << 20
        unit = {"G": 30, "M": 20, "K": 10}[self.memory[-1].upper()]
        return int(float(self.memory[:-1]) * (1 << unit))


class Verifier(Phase):
    """`[verifier]`."""

    timeout_sec: Seconds = 600.0
    env: Env = {}
    environment_mode: Literal["shared", "separate"] | None = None
    environment: Any = None
    collect: list[Any] = []


class Step(_Model):
    """`[[steps]]`."""

    name: Annotated[str, AfterValidator(_portable)]
    agent: Agent = Agent()
    verifier: Verifier = Verifier()
    min_reward: float | dict[str, float] | None = None
    healthcheck: Any = None
    artifacts: Artifacts = []


class Author(_Model):
    """Of `[task]`."""

    name: str
    email: str | None = None


class Package(_Model):
    """`[task]`."""

    name: Annotated[
        str,
        Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]*/[a-zA-Z0-9][a-zA-Z0-9._-]*$", max_length=120),
        AfterValidator(_single_dots),
    ]
    version: Annotated[str, Field(min_length=1)] | None = None
    description: str = ""
    authors: list[Author] = []
    keywords: list[str] = []


class Solution(_Model):
    """`[solution]`."""

    env: Env = {}


Schema = Literal["1.0", "1.1", "1.2", "1.3", "1.4"]


class HarborTask(_Model):
    """The whole file."""

    schema_version: Schema | None = None
    version: Schema | None = None
    """What schema 1.0 called it."""
    task: Package | None = None
    metadata: dict[str, Any] = {}
    verifier: Verifier = Verifier()
    agent: Agent = Agent()
    environment: Environment = Environment()
    solution: Solution = Solution()
    source: str | None = None
    multi_step_reward_strategy: Literal["mean", "final"] | None = None
    steps: list[Step] | None = None
    artifacts: Artifacts = []


Key = tuple[str | int, ...]
MAX_MEMORY = 4 << 30
MAX_AGENT_S, MAX_VERIFIER_S = 86_400, 3600


def refused_keys(task: HarborTask) -> Iterator[tuple[Key, str]]:
    """Everything that the file asks for and that cannot be kept here: the key, and what is accepted."""
    yield from _environment(task.environment, ("environment",))
    yield from _agent(task.agent, ("agent",))
    yield from _verifier(task.verifier, ("verifier",))
    yield from _env(task.solution.env, ("solution", "env"))
    steps = task.steps or []
    if len(steps) > 1:
        yield ("steps",), f"{len(steps)} steps: a cell has one agent phase: accepted: one"
    for number, step in enumerate(steps):
        place: Key = ("steps", number)
        yield from _agent(step.agent, (*place, "agent"))
        yield from _verifier(step.verifier, (*place, "verifier"))
        if step.healthcheck is not None:
            yield (*place, "healthcheck"), "cannot be kept here: no service is started: leave it out"


def ignored_keys(task: BaseModel, place: str = "") -> Iterator[str]:
    """Keys that Harbor does not know either; it passes over them, and so does this."""
    yield from (f"{place}{name}" for name in task.model_extra or {})
    for name in type(task).model_fields:
        value = getattr(task, name)
        inner = value if isinstance(value, list) else [value]
        for one in (v for v in inner if isinstance(v, BaseModel)):
            yield from ignored_keys(one, f"{place}{name}.")


def _network(wanted: Environment | Phase, at: Key) -> Iterator[tuple[Key, str]]:
    if wanted.network_mode in {"public", "allowlist"}:
        yield (
            (*at, "network_mode"),
            f"bad value {wanted.network_mode!r}: a sandbox has no network: accepted: no-network",
        )
    if wanted.allowed_hosts is not None:
        yield (*at, "allowed_hosts"), "a sandbox has no network: leave it out"


def _environment(wanted: Environment, at: Key) -> Iterator[tuple[Key, str]]:
    yield from _network(wanted, at)
    if wanted.allow_internet:
        yield (*at, "allow_internet"), "bad value true: a sandbox has no network: accepted: false"
    if wanted.os.lower() != "linux":
        yield (*at, "os"), f"bad value {wanted.os!r}: accepted: linux"
    if wanted.gpus:
        yield (*at, "gpus"), f"bad value {wanted.gpus}: no engine here gives a sandbox a GPU: accepted: 0"
    for key in ("gpu_types", "tpu", "mcp_servers", "skills_dir", "healthcheck"):
        if getattr(wanted, key) not in (None, []):
            yield (*at, key), "cannot be kept here: leave it out"
    if (wanted.memory_bytes or 0) > MAX_MEMORY:
        key = "memory_mb" if wanted.memory is None else "memory"
        yield (*at, key), f"more than the {MAX_MEMORY >> 20} MB of a sandbox"
    for old, new in (("memory", "memory_mb"), ("storage", "storage_mb")):
        if getattr(wanted, old) is not None and getattr(wanted, new) is not None:
            yield (*at, old), f"stands beside {new}: accepted: one of them"
    yield from _env(wanted.env, (*at, "env"))


def _phase(wanted: Phase, at: Key) -> Iterator[tuple[Key, str]]:
    yield from _network(wanted, at)
    if wanted.user is not None:
        yield (*at, "user"), f"bad value {wanted.user!r}: a sandbox has one unprivileged user: leave it out"


def _agent(wanted: Agent, at: Key) -> Iterator[tuple[Key, str]]:
    yield from _phase(wanted, at)
    if (wanted.timeout_sec or 0) > MAX_AGENT_S:
        yield (*at, "timeout_sec"), f"bad value {wanted.timeout_sec}: accepted: at most {MAX_AGENT_S}"


def _verifier(wanted: Verifier, at: Key) -> Iterator[tuple[Key, str]]:
    yield from _phase(wanted, at)
    if wanted.timeout_sec > MAX_VERIFIER_S:
        yield (*at, "timeout_sec"), f"bad value {wanted.timeout_sec}: accepted: at most {MAX_VERIFIER_S}"
    if wanted.environment is not None:
        yield (*at, "environment"), "an environment of the verifier's own cannot be had here: leave it out"
    if wanted.collect:
        yield (*at, "collect"), "nothing of the agent's sandbox is alive when it is graded: leave it out"
    yield from _env(wanted.env, (*at, "env"))


def _env(wanted: Env, at: Key) -> Iterator[tuple[Key, str]]:
    for name, value in wanted.items():
        if "${" in value or "\0" in value:
            yield (*at, name), "bad value: no variable of this machine is shown to a sandbox: accepted: plain text"
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name in {"PATH", "HOME"} or name.startswith("LD_"):
            yield (*at, name), "not a variable that can be set here"
