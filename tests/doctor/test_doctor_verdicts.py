"""A task that the doctor found bad enters no sweep; a verdict is of one digest and no other."""

from pathlib import Path

import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.doctor.examine import Examination
from codingagentbench.doctor.verdicts import keep, last_verdict, refuse_bad_tasks
from codingagentbench.errors import UsageError

TASK = open_catalog().task("polyglot/python-reverse-string")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def verdict(ok: bool | None, digest: str = TASK.digest) -> None:
    keep(Examination(TASK.task.id, "python", digest, ok=ok, failed=[] if ok else ["the solution passes 0 of 3 times"]))


def test_a_bad_task_is_refused_with_what_was_wrong_and_what_to_do() -> None:
    verdict(False)
    with pytest.raises(UsageError, match="the solution passes 0 of 3") as caught:
        refuse_bad_tasks([TASK])
    assert f"cab task doctor {TASK.task.id}" in str(caught.value)


def test_a_good_one_and_an_unseen_one_are_let_in_and_the_unseen_one_is_named() -> None:
    assert refuse_bad_tasks([TASK]) == [TASK.task.id]
    verdict(True)
    assert refuse_bad_tasks([TASK]) == []


def test_a_changed_task_has_no_verdict_and_what_was_not_examined_changes_none() -> None:
    verdict(False, "sha256:other")
    assert last_verdict(TASK.digest) is None
    verdict(True)
    verdict(None)
    found = last_verdict(TASK.digest)
    assert found is not None
    assert found.ok


def test_a_damaged_verdict_is_none(cache: Path) -> None:
    verdict(False)
    (file,) = (cache / "codingagentbench/doctor").iterdir()
    file.write_bytes(b"{")
    assert refuse_bad_tasks([TASK]) == [TASK.task.id]
