"""Choices by seed."""

from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.mutation.draw import pick, rank, shuffled


def test_a_rank_is_the_same_for_ever() -> None:
    assert rank("1", "operator", "boundary") == 787058198426663303


def test_labels_are_told_apart_by_where_they_end() -> None:
    assert rank("s", "ab", "c") != rank("s", "a", "bc")


@given(st.text(), st.lists(st.text(), min_size=1))
def test_shuffling_keeps_every_item_and_picking_takes_one(seed: str, items: list[str]) -> None:
    assert sorted(shuffled(seed, items)) == sorted(items)
    assert pick(seed, items) in items


def test_the_order_does_not_hang_on_the_order_of_what_is_given() -> None:
    items = ["a", "b", "c", "d", "e"]
    assert shuffled("7", items) == shuffled("7", items[::-1])
