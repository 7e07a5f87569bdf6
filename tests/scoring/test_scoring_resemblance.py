"""Copied code is known whatever its names are, and other code that does the same is not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.scoring.resemblance import resemblances, tokens

LOOP = "for (size_t i = 0; i < count; i++) {\n    sum += cells[i] * weights[i % 3u];\n}\n"


@pytest.mark.parametrize(
    ("text", "times"),
    [
        (LOOP, 1),
        (f"int main(void) {{ {LOOP} }}", 1),
        (LOOP + LOOP, 2),
        (re.sub(r"\bi\b", "row", LOOP).replace("cells", "a").replace("weights", "b"), 1),
        ("".join(LOOP.split("\n")).replace("{", "{ /* each */ "), 1),
        (LOOP.replace("{", "{ // each one"), 1),
        (LOOP.replace("3u", "4u"), 0),
        (LOOP.replace("cells[i]", "cells[count]"), 0),
        (LOOP.replace("weights", "cells"), 0),
        (LOOP.replace("sum +=", "sum = sum +"), 0),
        ("", 0),
        ("\0".join(LOOP), 0),
    ],
)
def test_the_names_do_not_count_and_all_else_does(text: str, times: int) -> None:
    assert resemblances(LOOP, text) == times


def test_a_fragment_of_nothing_resembles_nothing() -> None:
    assert resemblances(" // only this", LOOP) == 0


@given(st.text("ab1+( \n\"'", max_size=40), st.text("ab1+( \n\"'", max_size=20), st.integers(0, 3))
def test_what_is_put_in_is_found(around: str, fragment: str, times: int) -> None:
    apart = "\n;\n"
    lines = "".join(f"{apart}{fragment}" for _ in range(times)) + apart
    if tokens(fragment):
        assert resemblances(fragment, around.replace('"', "").replace("'", "") + lines) >= times


@given(st.lists(st.sampled_from(["alpha", "beta", "gamma", "+", "(", "7"]), min_size=1, max_size=30))
def test_renaming_every_name_is_never_seen(words: list[str]) -> None:
    renamed = [{"alpha": "gamma", "beta": "delta_1", "gamma": "ω"}.get(word, word) for word in words]
    assert resemblances(" ".join(words), " ".join(renamed)) == 1
