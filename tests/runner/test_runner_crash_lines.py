"""Endings that were really seen, shortened in the middle of their lines only: crashes provoked, and what is none."""

import signal

import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.runner.crash import crashed

BUN = """============================================================
Bun v1.3.13 (bf2e2cec) Linux x64
Elapsed: 9719ms | User: 2650ms | Sys: 508ms

panic(main thread): Segmentation fault at address 0xEE7300000003
oh no: Bun has crashed. This indicates a bug in Bun, not your code.

 https://bun.report/1.3.13/l_1bf2e2cemQugogC42yp8E
"""
HEAP = """<--- JS stacktrace --->

FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

 1: 0xb78db3 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [/usr/bin/node]
"""
CLINE_THROWN = r"""{"ts":"2026-11-25T23:22:36.551Z","type":"agent_event","event":{"type":"iteration_start","iteration":4}}
[2026-11-25T23:22:36.728Z] ERROR    Error: injected fault
    at <anonymous> (/home/agent/fault.cjs:4:53)
{"ts":"2026-11-25T23:22:36.766Z","type":"error","message":"Error: injected fault\n    at <anonymous> (/home/agent/fault.cjs:4:53)"}
"""  # noqa: E501  # as it was printed
CLINE_NO_HOME = """      at transform (/$bunfs/root/chunk-c152qqqg.js:44:43027)

{"ts":"2026-11-25T23:38:25.957Z","type":"error","message":"ENOTDIR: not a directory, mkdir '/home/agent/.cline/data/sessions'"}
"""  # noqa: E501  # as it was printed
CLINE_401 = r"""{"ts":"2026-11-25T23:29:59.656Z","type":"agent_event","event":{"type":"error","error":{"name":"Error","message":"wrong key","stack":"Error: wrong key\n    at execute (/$bunfs/root/chunk-tacx2shb.js:389:6881)\n    at processTicksAndRejections (native:7:39)"},"errorClass":"auth","recoverable":false,"iteration":1}}
{"ts":"2026-11-25T23:30:00.001Z","type":"run_result","finishReason":"error","iterations":1,"text":"wrong key"}
{"ts":"2026-11-25T23:30:00.008Z","type":"error","message":"wrong key"}
"""  # noqa: E501  # as it was printed
CLINE_CUT = r"""{"ts":"2026-11-25T23:38:58.911Z","type":"error","message":"The socket connection was closed unexpectedly. For more information, pass `verbose: true` in the second argument to fetch()"}
"""  # noqa: E501  # as it was printed
COPILOT_KILLED = """● Apply the change (shell)
  └ No Content

Let me look once more.GitHub Copilot native binary at /opt/cab/tui/node_modules/@github/copilot-linux-x64/copilot was terminated by signal SIGILL.
GitHub Copilot CLI: no platform package found. Reinstall with `npm install -g @github/copilot` to fetch the package for your platform.
"""  # noqa: E501  # as it was printed
COPILOT_NO_HOME = """I have looked often enough.

Error executing prompt: Error: Request session.send failed with message: GenericFailure, Failed to append to JSONL file /home/agent/.copilot/session-state/b8f052f9/events.jsonl: I/O error: Not a directory (os error 20)
"""  # noqa: E501  # as it was printed
COPILOT_401 = """● Request failed due to a transient API error. Retrying...


Authentication failed with provider at http://127.0.0.1:31415/v1 (HTTP 401).
  Check your COPILOT_PROVIDER_API_KEY, COPILOT_PROVIDER_API_KEY_COMMAND, or COPILOT_PROVIDER_BEARER_TOKEN.


Changes    +0 -0
Duration   3s
Resume     copilot --resume=5a208764-5011-4b00-ab7d-8681738643db
"""
COPILOT_500 = """● Request failed due to a transient API error. Retrying...


503 the endpoint 'my' is paused: 5 calls in a row failed with endpoint_error: next try in 22 s


Changes    +0 -0
"""
GEMINI_THROWN = """{"type":"tool_use","tool_name":"run_shell_command","parameters":{"command":"true"}}
Error: injected fault
    at Timeout._onTimeout (/home/agent/fault.cjs:4:49)
    at listOnTimeout (node:internal/timers:581:17)
    at process.processTimers (node:internal/timers:519:7)
"""
GEMINI_401 = """available at: /tmp/gemini-client-error-Turn.run-sendMessageStream-2026-11-25T23-31-45-245Z.json _ApiError: {"error":{"code":401,"message":"wrong key","status":"UNAUTHENTICATED"}}
    at throwErrorIfNotOK (file:///opt/cab/tui/node_modules/@google/gemini-cli/bundle/chunk-JDPZ4CE3.js:267833:24)
    at async Turn.run (file:///opt/cab/tui/node_modules/@google/gemini-cli/bundle/chunk-JDPZ4CE3.js:333001:24) {
  status: 401
}
{"type":"result","timestamp":"2026-11-25T23:31:45.330Z","status":"error","error":{"type":"unknown","message":"[API Error: wrong key]"}}
"""  # noqa: E501  # as it was printed
GEMINI_WENT_ON = """Reason: Error: injected fault
   at Timeout._onTimeout (/home/agent/fault.cjs:4:58)
    at listOnTimeout (node:internal/timers:581:17)
    at process.processTimers (node:internal/timers:519:7)
{"type":"tool_result","timestamp":"2026-11-25T23:21:09.303Z","status":"success","output":""}
{"type":"result","timestamp":"2026-11-25T23:21:10.104Z","status":"success"}
"""
KILO_LAUNCHER = """/home/agent/fault.cjs:4
                                          ^

Error: injected fault
    at Timeout._onTimeout (/home/agent/fault.cjs:4:49)

Node.js v20.20.2
"""
KILO_THROWN = """5 |   clearInterval(tick); setTimeout(() => { throw new Error("injected fault") }, 300);
                                                                              ^
error: injected fault
      at <anonymous> (/home/agent/.config/kilo/plugin/fault.js:5:75)
{"type":"step_finish","timestamp":1795650609858,"part":{"type":"step-finish","reason":"stop"}}
"""
KILO_EMPTY = """{"type":"step_finish","timestamp":1795650744525,"part":{"type":"step-finish","reason":"other"}}
Error: run ended without an assistant message; the model returned no output
{"type":"error","error":"run ended without an assistant message; the model returned no output"}
"""
KILO_401 = """Error: wrong key
{"type":"error","timestamp":1795649586448,"error":{"name":"APIError","data":{"message":"wrong key","statusCode":401}}}
"""
OPENHANDS_RAISED = """Traceback (most recent call last):
  File "/opt/cab/python/lib/python3.12/selectors.py", line 468, in select
    fd_event_list = self._selector.poll(timeout, max_ev)
RuntimeError: injected fault
"""
OPENHANDS_500 = """[11/25/26 23:34:35] ERROR    litellm.InternalServerError: InternalServerError: OpenAIException - out  retry_mixin.py:124
                             of order. Attempt #1 | You can customize retry values in the
                             configuration.
"""  # noqa: E501  # as it was printed
ABRT, ILL, SEGV, TRAP = (128 + n for n in (signal.SIGABRT, signal.SIGILL, signal.SIGSEGV, signal.SIGTRAP))

CRASHES = [
    ("cline", ILL, BUN),
    ("cline", ABRT, ""),
    ("cline", TRAP, ""),
    ("cline", 1, CLINE_THROWN),
    ("cline", 1, CLINE_NO_HOME),
    ("continue", SEGV, ""),
    ("continue", ABRT, HEAP),
    ("copilot", 1, COPILOT_KILLED),
    ("copilot", 1, COPILOT_NO_HOME),
    ("gemini-cli", SEGV, ""),
    ("gemini-cli", ABRT, HEAP),
    ("gemini-cli", 1, GEMINI_THROWN),
    ("kilocode", ILL, BUN),
    ("kilocode", ABRT, ""),
    ("kilocode", TRAP, ""),
    ("kilocode", 1, KILO_LAUNCHER),
    ("kilocode", 1, KILO_THROWN),
    ("openhands", SEGV, ""),
    ("openhands", 1, OPENHANDS_RAISED),
]
OTHER_ENDINGS = [
    ("cline", 1, CLINE_401),
    ("cline", 1, CLINE_CUT),
    ("continue", 1, '{"status":"error","message":"401 wrong key"}\n'),
    ("copilot", 1, COPILOT_401),
    ("copilot", 1, COPILOT_500),
    ("copilot", 1, COPILOT_KILLED.replace("SIGILL", "SIGTERM")),  # not seen: what an agent does to its own CLI
    ("gemini-cli", 145, GEMINI_401),
    ("gemini-cli", 1, GEMINI_WENT_ON),
    ("kilocode", 1, KILO_401),
    ("kilocode", 1, KILO_EMPTY),
    ("openhands", 1, OPENHANDS_500),
]


def _crashed(tui: str, exit_code: int, output: str) -> bool:
    died_of = exit_code - 128 if exit_code > 128 else None
    return crashed(open_catalog().tui(tui).tui.crash, exit_code, died_of, output)


@pytest.mark.parametrize(("tui", "exit_code", "output"), CRASHES)
def test_a_crash_that_was_seen_is_one(tui: str, exit_code: int, output: str) -> None:
    assert _crashed(tui, exit_code, output)


@pytest.mark.parametrize(("tui", "exit_code", "output"), OTHER_ENDINGS)
def test_what_a_refused_call_or_a_failed_task_leaves_is_no_crash(tui: str, exit_code: int, output: str) -> None:
    assert not _crashed(tui, exit_code, output)


def test_every_cli_that_runs_here_says_how_it_crashes() -> None:
    silent = [
        name
        for name, entry in open_catalog().tuis.items()
        if entry.tui.verified
        and entry.tui.install.registry != "builtin"
        and not (entry.tui.crash.exit_codes or entry.tui.crash.patterns or entry.tui.crash.last_line)
    ]
    assert silent == []
