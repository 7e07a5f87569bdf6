"""Orders to the shell in front of a command."""

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codingagentbench.errors import SandboxError
from codingagentbench.sandbox.gate import SHELL, ControlPipe, orders

PRINTED = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


def run(script: bytes) -> bytes:
    return subprocess.run([SHELL], input=script, capture_output=True, check=True, env={"PATH": "/usr/bin:/bin"}).stdout


@settings(max_examples=60, deadline=None)
@given(arguments=st.lists(PRINTED, max_size=4), value=PRINTED)
def test_any_text_passes_the_shell_unchanged(arguments: list[str], value: str) -> None:
    argv = ["/usr/bin/env", "printf", "%s\\0", *arguments, "|"]
    expected = b"".join(a.encode() + b"\0" for a in [*arguments, "|"])
    assert run(orders(argv, {"VALUE": value}, tty=False)) == expected
    assert run(orders(["printenv", "VALUE"], {"VALUE": value}, tty=False)) == value.encode() + b"\n"


def test_the_shell_runs_nothing_when_the_pipe_just_closes() -> None:
    assert run(b"") == b""


def test_half_an_order_runs_nothing() -> None:
    script = orders(["echo", "ran", "x" * 100], {"A": "b"}, tty=False)
    for length in range(0, len(script) - 12, 7):
        done = subprocess.run([SHELL], input=script[:length], capture_output=True, check=False)
        assert b"ran" not in done.stdout


@pytest.mark.parametrize(("argv", "env"), [([], {}), (["a"], {"x y": ""}), (["a"], {"": ""}), (["a\0"], {})])
def test_what_no_shell_can_pass_on_is_named(argv: list[str], env: dict[str, str]) -> None:
    with pytest.raises(SandboxError, match="cannot be run"):
        orders(argv, env, tty=False)


def test_large_orders_do_not_block_the_harness() -> None:
    pipe = ControlPipe.make()
    pipe.send(b"x" * 700_000)
    assert len(os.read(pipe.read, 1 << 20)) > 0
    pipe.close()
    pipe.close()


def test_orders_to_one_who_has_gone_are_no_error() -> None:
    pipe = ControlPipe.make()
    pipe.read_given()
    pipe.send(b"exec true\n")
    pipe.close()
