"""Runs one test of the source on standard input, and gives its token back when the test has returned.

Usage: python_child.py FILE CLASS TEST TOKEN_FD RESULT_FD. Started by python_tests.py only. What judges the test is
compared with what it was before the agent's code was loaded, so that a patched unittest passes nothing.
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
import types
import unittest
import unittest.case
import unittest.result
import unittest.suite

JUDGES = [unittest.case, unittest.result, unittest.suite]


def main(file: str, case: str, name: str, token_fd: int, result_fd: int) -> None:
    """Never returns: the process ends here, past every atexit handler."""
    read, write, leave = os.read, os.write, os._exit
    source = sys.stdin.buffer.read()
    if b"Isolated" in source:  # loads asyncio, which takes longer than the rest
        JUDGES.append(importlib.import_module("unittest.async_case"))
    before = fingerprint()
    sys.path += [os.getcwd(), f"{os.getcwd()}/src"]  # noqa: PTH109  # pathlib is not loaded here
    module = types.ModuleType("hidden")
    module.__file__ = file
    sys.modules["hidden"] = module
    exec(compile(source, file, "exec"), module.__dict__)  # noqa: S102  # the hidden tests: that is what it is for
    test = getattr(module, case)(name) if case else unittest.FunctionTestCase(getattr(module, name))
    result = unittest.TestResult()
    unittest.TestSuite([test]).run(result)
    for _, text in [*result.failures, *result.errors]:
        print(text, file=sys.stderr, flush=True)
    if fingerprint() != before:
        print("what judges the test was changed while it ran", file=sys.stderr, flush=True)
        leave(3)
    if result.failures or result.errors or result.unexpectedSuccesses or result.testsRun != 1:
        leave(1)
    status = b" skipped" if result.skipped or result.expectedFailures else b" passed"
    write(result_fd, read(token_fd, 100) + status)
    leave(0)


def fingerprint() -> list[tuple[str, int, int]]:
    """Identity of every function and class that decides, and of the builtins."""
    found = [(key, id(value), 0) for key, value in builtins.__dict__.items()]
    for module in JUDGES:
        for key, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__:
                found += [
                    (f"{key}.{name}", id(member), id(getattr(member, "__code__", None)))
                    for name, member in vars(value).items()
                    if callable(member) or isinstance(member, classmethod | staticmethod | property)
                ]
            elif callable(value):
                found.append((key, id(value), id(getattr(value, "__code__", None))))
    return sorted(found)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
