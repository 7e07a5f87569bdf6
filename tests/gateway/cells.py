"""What the gateway's tests share: a small task, an open cell on a real loopback socket, requests of every wire."""

import asyncio
import datetime as dt
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession

from codingagentbench.catalog.behaviour import Behaviour as BehaviourStatement
from codingagentbench.catalog.task import Budget, Scorer, Task
from codingagentbench.catalog.tui import Hand
from codingagentbench.gateway.backends import Behaviour, ControlBackend, EndpointBackend
from codingagentbench.gateway.controls.endpoint import ControlEndpoint
from codingagentbench.gateway.endpoint.policy import EndpointPolicy
from codingagentbench.gateway.session import CellSession
from codingagentbench.store.record import ModelCall

SHELL = Hand(kind="shell", tool="bash", command="command")
WRITE = Hand(kind="write", tool="write", path="path", content="content")
BLOCKS = Hand(kind="edit-blocks")

WORKDIR = {
    "README.md": b"# A task\n",
    "src/reverse.py": b"def reverse(text):\n    return text[-1:0:-1]\n",
    "tests/test_reverse.py": b"from src.reverse import reverse\n\n\ndef test_it():\n    assert reverse('ab') == 'ba'\n",
    "AGENTS.md": b"# Rules\n",
}
SOLUTION = {"src/reverse.py": b"def reverse(text):\n    return text[::-1]\n"}


@dataclass(frozen=True)
class TaskFiles:
    """A task with its two folders."""

    task: Task
    workdir: Path
    solution: Path

    def control(self, behaviour: Behaviour, *hands: Hand) -> ControlBackend:
        return ControlBackend(behaviour, self.task, self.workdir, self.solution, hands)


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def make_task(**changes: object) -> Task:
    return Task(
        id="polyglot/reverse",
        family="polyglot",
        language="python",
        version="v0.1",
        title="Reverse",
        added=dt.date(2026, 1, 1),
        source="a test",
        budget=Budget(max_turns=5, timeout_s=60),
        scorer=Scorer(kind="tests", command=["true"], tests=["test_it"], format="unittest"),
        ground_truth_files=["src/reverse.py"],
        protected=["tests/**", "AGENTS.md"],
    ).model_copy(update=changes)


UNSOLVABLE = BehaviourStatement(
    kind="unsolvable",
    document="REFUSAL.md",
    contradictions=[["test_four", "test_five"], ["test_a", "test_b"]],
    untouched=["src/**"],
)


@dataclass
class Cell:
    """An open cell and how to reach it."""

    session: CellSession
    base_url: str
    client: ClientSession
    bodies: Path
    seen: list[ModelCall] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session.token}"}

    @property
    def origin(self) -> str:
        return self.base_url.removesuffix("/v1")

    async def post(self, wire: str, body: object) -> tuple[int, bytes]:
        stream = isinstance(body, dict) and body.get("stream") is True
        url = self.origin + path_of(wire, stream=stream)
        async with self.client.post(url, json=body, headers=self.headers) as reply:
            return reply.status, await reply.read()


async def until(true: Callable[[], object]) -> None:
    """Wait for something that the other side does; the test's own time limit is the end of patience."""
    while not true():  # noqa: ASYNC110  # what is waited for is a plain list: there is no event to wait on
        await asyncio.sleep(0.01)


OpenCell = Callable[..., AbstractAsyncContextManager[Cell]]
MODEL = "my/model"


def endpoint_backend(endpoint: ControlEndpoint, *wires: str) -> EndpointBackend:
    return EndpointBackend(
        base_url=endpoint.base_url,
        key=endpoint.key,
        endpoint_model=endpoint.model,
        policy=EndpointPolicy(max_tries=1),
        wires=wires or ("chat", "responses", "messages", "gemini"),
    )


def chat(stream: bool = False, **more: object) -> dict[str, object]:
    return {"model": MODEL, "messages": [{"role": "user", "content": "fix it, bitte — ✓"}], "stream": stream, **more}


def responses(stream: bool = False, **more: object) -> dict[str, object]:
    return {"model": MODEL, "input": "fix it, bitte — ✓", "stream": stream, **more}


def path_of(wire: str, *, stream: bool) -> str:
    """Below the origin."""
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return {
        "chat": "/v1/chat/completions",
        "responses": "/v1/responses",
        "messages": "/v1/messages",
        "gemini": f"/v1beta/models/{MODEL}:{method}",
    }[wire]


def messages(stream: bool = False, **more: object) -> dict[str, object]:
    return {**chat(stream), "max_tokens": 100, **more}


def gemini(stream: bool = False, **more: object) -> dict[str, object]:
    """`stream` says nothing on this wire; it is there for `Cell.post` to choose the address by."""
    return {"contents": [{"role": "user", "parts": [{"text": "fix it, bitte — ✓"}]}], "stream": stream, **more}


def request_of(wire: str, *, stream: bool = False) -> dict[str, object]:
    return {"chat": chat, "responses": responses, "messages": messages, "gemini": gemini}[wire](stream)
