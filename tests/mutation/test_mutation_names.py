"""Names changed everywhere at once."""

from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.mutation.names import renamable
from codingagentbench.mutation.new_names import new_name
from codingagentbench.mutation.rename import new_names, renamed, renamed_prose

SOURCE = b'''"""Books."""

def transfer(amount, target, kind):
    # what `target` gets; the target may be new
    label = f"{amount} moved"
    return open_book(amount, label, kind="plain kind")
'''
TEST = b"from src.books import transfer\n\nassert transfer(amount=1, target='x', kind='y')\n"
FILES = {
    "workdir/src/books.py": SOURCE,
    "grader/t.py": TEST,
    "workdir/README.md": b"`transfer(amount, target)` moves an amount.\n",
}


def test_names_that_the_source_defines_are_found_and_words_of_strings_are_not() -> None:
    assert renamable({"src/books.py": SOURCE}, FILES, "") == ["amount", "label", "target", "transfer"]


def test_words_of_paths_and_of_the_task_stay() -> None:
    files = {**FILES, "workdir/transfer.txt": b""}
    assert renamable({"src/books.py": SOURCE}, files, 'tests = ["amount"]') == ["label", "target"]


def test_source_tests_and_prose_change_together() -> None:
    names = {"transfer": "move_over", "amount": "sum_of", "target": "goal"}
    out = renamed(FILES, names)
    assert b"def move_over(sum_of, goal, kind):" in out["workdir/src/books.py"]
    assert b"# what `goal` gets; the target may be new" in out["workdir/src/books.py"]
    assert b'f"{sum_of} moved"' in out["workdir/src/books.py"]
    assert b"assert move_over(sum_of=1, goal='x', kind='y')" in out["grader/t.py"]
    assert out["workdir/README.md"] == b"`move_over(sum_of, goal)` moves an amount.\n"


def test_prose_outside_of_code_keeps_its_english() -> None:
    assert renamed_prose("The target of max_attempts: `target`.", {"target": "goal", "max_attempts": "max_tries"}) == (
        "The target of max_tries: `goal`."
    )


def test_new_names_keep_their_style_and_collide_with_nothing() -> None:
    names = ["transfer", "MAX_SIZE", "RetryError", "mapLimit", "_in_month", "begin_"]
    new = new_names("5", names, {"a.py": b" ".join(n.encode() for n in names)})
    assert len(set(new.values()) | set(names)) == 2 * len(names)
    assert new["MAX_SIZE"].isupper()
    assert new["RetryError"][0].isupper()
    assert "_" not in new["mapLimit"]
    assert new["_in_month"].startswith("_")
    assert new["begin_"].endswith("_")


@given(st.text(), st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True))
def test_a_new_name_is_a_name_and_another_one(seed: str, name: str) -> None:
    found = new_name(seed, name, {name})
    assert found.isidentifier()
    assert found != name


def test_two_seeds_give_two_sets_of_names() -> None:
    names = ["transfer", "amount", "target", "attempts", "value"]
    assert new_names("1", names, {}) != new_names("2", names, {})
