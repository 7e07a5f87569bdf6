"""agent: the TUI runs headless in a pty; its screen, its model calls and its end are recorded as they happen."""

import socket
import time
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.gateway.session import CellSession
from codingagentbench.runner.labels import cell_labels
from codingagentbench.runner.launch import Launch, agent_spec
from codingagentbench.runner.prepare import Prepared
from codingagentbench.sandbox.base import Limits, Sandbox, SandboxExit
from codingagentbench.sandbox.recording import HEIGHT, WIDTH, AsciicastWriter, plain_text
from codingagentbench.store.record import ModelCall


@dataclass(frozen=True, slots=True)
class AgentRun:
    """How the agent phase went. Times are the wall clock's nanoseconds."""

    exit: SandboxExit
    calls: list[ModelCall]
    output: str
    """The terminal's text, control sequences taken out; also in agent.log."""
    started_ns: int
    let_loose_ns: int | None
    """When the command could first run; None when the sandbox never came to that."""
    ended_ns: int


async def run_agent(
    engine: Sandbox,
    session: CellSession,
    launch: Launch,
    prepared: Prepared,
    limits: Limits,
    folder: Path,
    cell_id: str,
) -> AgentRun:
    """Run the TUI to its end or its limit. Raises SandboxError when the sandbox could not be made."""
    let_loose: list[int] = []

    def open_door(listening: socket.socket) -> None:
        session.deadline = time.perf_counter() + limits.wall_s
        session.listen(listening)
        let_loose.append(time.time_ns())

    started_ns = time.time_ns()
    recording = AsciicastWriter(folder / "terminal.cast", WIDTH, HEIGHT, cell_id, session.scrubber)
    try:
        spec = agent_spec(
            launch,
            prepared,
            limits,
            door=open_door,
            on_output=recording.write,
            labels=cell_labels(cell_id, "agent"),
            stop=session.spending.stop,
        )
        ended = await engine.run(spec)
    finally:
        ended_ns = time.time_ns()
        recording.close()
        calls = await session.close()
    output = session.scrubber.text(plain_text(ended.stdout))
    (folder / "agent.log").write_text(output)
    return AgentRun(ended, calls, output, started_ns, let_loose[0] if let_loose else None, ended_ns)
