"""What the gateway adds to a call, in one run on one upstream: ours (recording on), a bare pass-through, LiteLLM.

Upstream: a process that streams chat completions, so many chunks at so many milliseconds. Subjects run one after
another in processes of their own; each is measured in turns with direct calls, so that a busy machine slows both.
- added TTFT: time to the first chunk with output, minus the direct one's; p50 and p99, at 1, 16 and 64 paced streams.
- requests/s: 64 clients, streams without pauses. CPU: the subject's own seconds a request meanwhile (all its threads).
- RSS after that; start-up: from exec to the first good answer of its health address.
- flat: `--calls` calls through ours, RSS at each tenth, and how many lines model_calls.jsonl has for them.

    python benchmarks/gateway.py [--requests 400] [--calls 10000] [--only ours,bare] [--json]

LiteLLM's proxy is installed into a venv of its own, from benchmarks/litellm.txt (hashes); skipped, with the reason,
where that fails. `--only` leaves subjects out.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from codingagentbench.paths import cache_root

HERE = Path(__file__).resolve()
LOCK = HERE.with_name("litellm.txt")
CONCURRENCY = (1, 16, 64)
CHUNKS = 20
PAUSE_S = 0.02
TOKEN = "benchmark-token-of-no-value"  # noqa: S105  # of a gateway on loopback that lives for this run
MODEL = "bench"
TICKS = os.sysconf("SC_CLK_TCK")
START_TIMEOUT_S = 120.0
TARGET_P50_MS, TARGET_P99_MS = 0.5, 5.0


def main() -> None:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` ends what was started
    if arguments.role:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_ROLES[arguments.role](arguments))
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(_measure(arguments))
    if arguments.json:
        print(json.dumps(figures))
    else:
        _print(figures)


@dataclass
class Subject:
    """One way to the upstream: its address, and its process where it has one."""

    name: str
    base_url: str
    process: subprocess.Popen[bytes] | None = None
    start_s: float | None = None
    records: Path | None = None

    def cpu_s(self) -> float:
        """User and system time of the process with its children that live."""
        return sum(_ticks(pid) for pid in self._pids()) / TICKS

    def rss_mib(self) -> float:
        """Of the process and its children."""
        return sum(_rss_kib(pid) for pid in self._pids()) / 1024

    def _pids(self) -> list[int]:
        return [] if self.process is None else _tree(self.process.pid)


async def _measure(arguments: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "load_average": os.getloadavg()[0],
        "target_added_p50_ms_alone": TARGET_P50_MS,
        "target_added_p99_ms_64": TARGET_P99_MS,
        "subjects": {},
        "skipped": {},
    }
    chosen = arguments.only.split(",") if arguments.only else list(_STARTERS)
    with tempfile.TemporaryDirectory() as folder, _upstream() as upstream:
        for name in chosen:
            try:
                with _STARTERS[name](Path(folder), upstream) as subject:
                    figures["subjects"][name] = await _figures(subject, upstream, arguments)
            except _SkippedError as reason:
                figures["skipped"][name] = str(reason)
    return figures


class _SkippedError(Exception):
    """A subject cannot be had here."""


async def _figures(subject: Subject, upstream: str, arguments: argparse.Namespace) -> dict[str, Any]:
    direct = Subject("direct", upstream)
    found: dict[str, Any] = {"start_s": subject.start_s}
    async with _client() as client:
        for concurrency in CONCURRENCY:
            found[f"added_{concurrency}"] = await _added(client, direct, subject, concurrency, arguments.requests)
        found["throughput"] = await _throughput(client, subject, arguments.requests * 2)
        found["direct_requests_per_s"] = (await _throughput(client, direct, arguments.requests * 2))["requests_per_s"]
        found["rss_mib"] = subject.rss_mib()
        if subject.records is not None and arguments.calls:
            found["flat"] = await _flat(client, subject, arguments.calls)
    return found


async def _added(
    client: ClientSession, direct: Subject, subject: Subject, concurrency: int, requests: int
) -> dict[str, float]:
    """Both in turns: a tenth of the calls to the one, a tenth to the other, and so on."""
    paced = concurrency > 1
    times: dict[str, list[float]] = {"direct": [], "through": []}
    rounds = 10
    share = max(concurrency, requests // rounds)
    for turn in range(rounds + 1):
        for name, one in (("direct", direct), ("through", subject)):
            got = await _calls(client, one, concurrency, share, paced=paced)
            if turn:  # the first round warms up
                times[name] += got
    quantiles = {name: _quantiles(values) for name, values in times.items()}
    return {
        "direct_p50_ms": quantiles["direct"][0],
        "direct_p99_ms": quantiles["direct"][1],
        "through_p50_ms": quantiles["through"][0],
        "through_p99_ms": quantiles["through"][1],
        "added_p50_ms": quantiles["through"][0] - quantiles["direct"][0],
        "added_p99_ms": quantiles["through"][1] - quantiles["direct"][1],
        "calls": len(times["through"]),
    }


def _quantiles(values: list[float]) -> tuple[float, float]:
    return statistics.median(values), statistics.quantiles(values, n=100)[98]


async def _throughput(client: ClientSession, subject: Subject, requests: int) -> dict[str, float]:
    await _calls(client, subject, 64, 64, paced=False)
    cpu, began = subject.cpu_s(), time.perf_counter()
    await _calls(client, subject, 64, requests, paced=False)
    wall = time.perf_counter() - began
    return {"requests_per_s": requests / wall, "cpu_ms_per_request": (subject.cpu_s() - cpu) * 1000 / requests}


async def _flat(client: ClientSession, subject: Subject, calls: int) -> dict[str, Any]:
    assert subject.records is not None
    before = _lines(subject.records)
    sizes = []
    for _ in range(10):
        await _calls(client, subject, 64, calls // 10, paced=False)
        sizes.append(round(subject.rss_mib(), 1))
    await _until(lambda: _lines(subject.records) - before >= calls // 10 * 10, 30)
    return {"calls": calls // 10 * 10, "recorded": _lines(subject.records) - before, "rss_mib_by_tenth": sizes}


async def _calls(client: ClientSession, subject: Subject, concurrency: int, count: int, *, paced: bool) -> list[float]:
    """Milliseconds to the first output of each; every reply is read to its end."""
    left, times = iter(range(count)), []

    async def work(place: int) -> None:
        if paced:  # streams that begin together would queue for each other
            await asyncio.sleep(CHUNKS * PAUSE_S * place / concurrency)
        for number in left:
            times.append(await _call(client, subject, number, paced=paced))

    await asyncio.gather(*(work(place) for place in range(concurrency)))
    return times


async def _call(client: ClientSession, subject: Subject, number: int, *, paced: bool) -> float:
    text = f"{time.perf_counter_ns()} {number} " + "a line of code, as it were; " * 40
    body = {
        "model": MODEL,
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": text}],
        "user": "paced" if paced else "fast",
    }
    began = time.perf_counter()
    first = None
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with client.post(f"{subject.base_url}/chat/completions", json=body, headers=headers) as reply:
        assert reply.status == 200, (subject.name, reply.status, (await reply.read())[:300])
        last = b""
        async for chunk in reply.content.iter_any():
            if first is None and b'"content"' in chunk:
                first = time.perf_counter()
            last = chunk
    assert b"[DONE]" in last, (subject.name, last[-200:])
    assert first is not None
    return (first - began) * 1000


def _client() -> ClientSession:
    return ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=120))


async def _serve_upstream(arguments: argparse.Namespace) -> None:
    """Streams CHUNKS chunks, PAUSE_S apart where the request says `paced`."""
    piece = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": MODEL}
    chunk = {
        **piece,
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": "word "}, "finish_reason": None}],
    }
    end = {**piece, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    usage = {**piece, "choices": [], "usage": {"prompt_tokens": 200, "completion_tokens": 20, "total_tokens": 220}}
    one, last = (b"data: " + json.dumps(value).encode() + b"\n\n" for value in (chunk, end))
    last += b"data: " + json.dumps(usage).encode() + b"\n\ndata: [DONE]\n\n"

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        pause = PAUSE_S if b'"paced"' in await request.read() else 0.0
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in range(CHUNKS):
            if pause and number:
                await asyncio.sleep(pause)
            await response.write(one)
        await response.write(last)
        await response.write_eof()
        return response

    await _serve(handle, arguments.port)


async def _serve_bare(arguments: argparse.Namespace) -> None:
    """The least that a pass-through on aiohttp does."""
    async with _client() as client:

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            if request.path == "/healthz":
                return web.Response(text="ok")
            body, url = await request.read(), f"{arguments.upstream}/chat/completions"
            async with client.post(url, data=body, headers={"Content-Type": "application/json"}) as reply:
                response = web.StreamResponse(status=reply.status, headers={"Content-Type": reply.content_type})
                await response.prepare(request)
                async for chunk in reply.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
            return response

        await _serve(handle, arguments.port)


async def _serve(handle: Callable[[web.BaseRequest], Any], port: int) -> None:
    server = await asyncio.get_running_loop().create_server(web.Server(handle), "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


_ROLES = {"upstream": _serve_upstream, "bare": _serve_bare}


@contextmanager
def _upstream() -> Iterator[str]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with _running([sys.executable, str(HERE), "--role", "upstream", "--port", str(port)], f"{url}/v1/x"):
        yield f"{url}/v1"


@contextmanager
def _bare(_: Path, upstream: str) -> Iterator[Subject]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(HERE), "--role", "bare", "--port", str(port), "--upstream", upstream]
    with _running(command, f"{url}/healthz") as (process, start_s):
        yield Subject("bare", f"{url}/v1", process, start_s)


@contextmanager
def _ours(folder: Path, upstream: str) -> Iterator[Subject]:
    port = _free_port()
    config, url = folder / "gateway.toml", f"http://127.0.0.1:{port}"
    config.write_text(
        f'listen = "127.0.0.1:{port}"\nrecord = "calls"\n\n[[endpoint]]\nname = "upstream"\nbase_url = "{upstream}"\n'
        f'[[endpoint.model]]\nid = "{MODEL}"\n\n[[token]]\nname = "bench"\nenv = "BENCH_TOKEN"\n'
    )
    command = [sys.executable, "-m", "codingagentbench", "gateway", "serve", "--config", str(config)]
    with _running(command, f"{url}/healthz", BENCH_TOKEN=TOKEN) as (process, start_s):
        (record,) = (folder / "calls").iterdir()
        yield Subject("ours", f"{url}/v1", process, start_s, record / "bench" / "model_calls.jsonl")


@contextmanager
def _litellm(folder: Path, upstream: str) -> Iterator[Subject]:
    program = _install_litellm()
    port = _free_port()
    config, url = folder / "litellm.yaml", f"http://127.0.0.1:{port}"
    served = {"model": f"openai/{MODEL}", "api_base": upstream, "api_key": "none"}
    config.write_text(
        json.dumps(
            {
                "model_list": [{"model_name": MODEL, "litellm_params": served}],
                "general_settings": {"master_key": TOKEN},
                "litellm_settings": {"telemetry": False},
            }
        )
    )
    command = [str(program), "--config", str(config), "--port", str(port), "--host", "127.0.0.1", "--num_workers", "1"]
    with _running(command, f"{url}/health/liveliness", LITELLM_LOCAL_MODEL_COST_MAP="True") as (process, start_s):
        yield Subject("litellm", f"{url}/v1", process, start_s)


def _install_litellm() -> Path:
    """The proxy's program, in a venv named after the lock's content. Raises _SkippedError."""
    if not LOCK.exists():
        msg = f"{LOCK.name} is missing"
        raise _SkippedError(msg)
    venv = cache_root() / "benchmarks" / f"litellm-{sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    program = venv / "bin" / "litellm"
    if program.exists():
        return program
    uv = Path(sys.executable).with_name("uv")
    for command in (
        [str(uv), "venv", "-q", "--clear", "--python", sys.executable, str(venv)],
        [str(uv), "pip", "install", "-q", "--python", str(venv / "bin/python"), "--require-hashes", "-r", str(LOCK)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise _SkippedError("LiteLLM's proxy cannot be installed: " + " ".join(done.stderr.split())[-300:])
    return program


_STARTERS = {"ours": _ours, "bare": _bare, "litellm": _litellm}


@contextmanager
def _running(command: list[str], health: str, **env: str) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    began = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **env}, start_new_session=True)
        try:
            _wait_for(process, health)
            yield process, time.perf_counter() - began
        except _NotStartedError as error:
            log.seek(0)
            words = " ".join(log.read().decode("utf-8", "replace").split())[-300:]
            raise _SkippedError(f"{error}: {words}") from error
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


class _NotStartedError(Exception):
    """A server did not come up."""


def _wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    """Until the address answers at all."""
    host, port = url.split("/")[2].split(":")
    path = "/" + url.split("/", 3)[3]
    end = time.perf_counter() + START_TIMEOUT_S
    while time.perf_counter() < end:
        if process.poll() is not None:
            msg = f"it ended with {process.returncode}"
            raise _NotStartedError(msg)
        try:
            with socket.create_connection((host, int(port)), 1) as sock:
                sock.settimeout(5)
                sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                if sock.recv(12).startswith(b"HTTP/1.1"):
                    return
        except OSError:
            pass
        time.sleep(0.005)
    msg = f"it did not answer within {START_TIMEOUT_S:g} s"
    raise _NotStartedError(msg)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def _tree(pid: int) -> list[int]:
    """A process and the children that it has now."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _tree(int(child))
    return found


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _rss_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _lines(path: Path | None) -> int:
    return 0 if path is None else path.read_bytes().count(b"\n")


async def _until(true: Callable[[], bool], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while not true() and time.perf_counter() < end:  # noqa: ASYNC110  # another process writes what is waited for
        await asyncio.sleep(0.1)


def _print(figures: dict[str, Any]) -> None:
    print(f"load average {figures['load_average']:.1f}\n")
    print(f"{'':<9}" + "".join(f"{f'added TTFT at {c}: p50, p99 ms':>34}" for c in CONCURRENCY))
    for name, found in figures["subjects"].items():
        cells = [
            f"{found[f'added_{c}']['added_p50_ms']:.2f}, {found[f'added_{c}']['added_p99_ms']:.2f}" for c in CONCURRENCY
        ]
        print(f"{name:<9}" + "".join(f"{cell:>34}" for cell in cells))
    print(f"\n{'':<9}{'requests/s':>12}{'CPU ms/request':>16}{'RSS MiB':>10}{'start s':>9}{'direct requests/s':>19}")
    for name, found in figures["subjects"].items():
        rate = found["throughput"]
        print(
            f"{name:<9}{rate['requests_per_s']:>12.0f}{rate['cpu_ms_per_request']:>16.2f}{found['rss_mib']:>10.0f}"
            f"{found['start_s']:>9.2f}{found['direct_requests_per_s']:>19.0f}"
        )
        if flat := found.get("flat"):
            print(f"  {flat['recorded']} of {flat['calls']} calls recorded; RSS by tenth: {flat['rss_mib_by_tenth']}")
    for name, reason in figures["skipped"].items():
        print(f"{name:<9} skipped: {reason}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--requests", type=int, default=400, help="paced calls at each concurrency")
    parser.add_argument("--calls", type=int, default=10_000, help="calls for the memory curve; 0 leaves it out")
    parser.add_argument("--only", help="of: ours, bare, litellm")
    parser.add_argument("--json", action="store_true")
    for name in ("--role", "--upstream"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
