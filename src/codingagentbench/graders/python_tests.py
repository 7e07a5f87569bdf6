"""Runs every unittest test of one file in a process of its own and reports with the grading's nonce.

Usage: python_tests.py FILE [SECONDS A TEST]. The agent's code is loaded by the children only. This process reads the
names of the tests from the file's syntax, takes the nonce (which is in no file from then on), and cannot be looked into
or written to by its children: they hold none of its pipes, and it is not dumpable. A test has passed when its child
gave back the test's own token after the test had returned; a child that exits, however politely, has not.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

NONCE_FILE = ".cab-nonce"
SECONDS = 20.0
MAX_OUTPUT = 20_000
PR_SET_DUMPABLE = 4


def main(file: str, seconds: float) -> int:
    """0 when every test passed."""
    nonce_file = Path(os.environ["HOME"]) / NONCE_FILE
    nonce = nonce_file.read_text()
    nonce_file.unlink()
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)
    source = Path(file).read_bytes()
    failed = 0
    for case, name in tests_in(source):
        status, output = run(file, source, case, name, seconds)
        failed += status == "FAILED"
        for line in output.splitlines():
            print(f"| {line}")
        print(f"{nonce} test {name} {status}", flush=True)
    return 1 if failed else 0


def tests_in(source: bytes) -> list[tuple[str, str]]:
    """(class, test) in the order of the file; the class is empty for a plain function."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            found += [(node.name, name) for name in named_tests(node.body)]
        found += [("", name) for name in named_tests([node])]
    return found


def named_tests(nodes: list[ast.stmt]) -> list[str]:
    """Names of the functions among them that are tests."""
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node.name for node in functions if node.name.startswith("test")]


def run(file: str, source: bytes, case: str, name: str, seconds: float) -> tuple[str, str]:
    """Status and output of one test."""
    token = secrets.token_hex(16)
    token_out, token_in = os.pipe()
    result_out, result_in = os.pipe()
    child = str(Path(__file__).with_name("python_child.py"))
    argv = [sys.executable, "-I", "-S", "-B", child, file, case, name, str(token_out), str(result_in)]
    try:
        with subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(token_out, result_in),
            start_new_session=True,
        ) as process:
            os.close(token_out)
            os.close(result_in)
            os.write(token_in, token.encode())
            os.close(token_in)
            output = talk(process, source, seconds)
        os.set_blocking(result_out, False)
        answer = given_back(result_out)
    finally:
        os.close(result_out)
    status = {f"{token} passed": "ok", f"{token} skipped": "skipped"}.get(answer, "FAILED")
    return (status if process.returncode == 0 else "FAILED"), output


def talk(process: subprocess.Popen[bytes], source: bytes, seconds: float) -> str:
    """Give the child its source and wait for its end; what it started in its session ends with it."""
    try:
        out, _ = process.communicate(source, timeout=seconds)
        return out[-MAX_OUTPUT:].decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return f"did not end within {seconds:g} s"
    except BrokenPipeError:
        return "ended before it had read its test"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def given_back(descriptor: int) -> str:
    """What the child wrote; nothing where it wrote nothing."""
    try:
        return os.read(descriptor, 200).decode("ascii", "replace")
    except BlockingIOError:
        return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > len(("program", "file")) else SECONDS))
