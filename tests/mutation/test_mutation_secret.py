"""Commit and reveal."""

import json
from pathlib import Path

import pytest

from codingagentbench.errors import StoreError, UsageError
from codingagentbench.mutation.secret import (
    FOLDER,
    PUBLISHED,
    SEED_VARIABLE,
    commit,
    holds,
    open_secret,
    publish,
    read_secret,
)


@pytest.fixture(autouse=True)
def _no_seed_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SEED_VARIABLE, raising=False)


def test_a_commitment_is_the_same_for_ever_and_binds_both_parts() -> None:
    assert commit("seed", "nonce") == "sha256:fd4960b76b0d2346160beae1d2cc996096cad741e34d84c521b44c87becd071f"
    assert len({commit("ab", "c"), commit("a", "bc"), commit("ab", "d")}) == 3


def test_only_the_commitment_is_published_before_the_seed_is_revealed(tmp_path: Path) -> None:
    secret = open_secret(tmp_path / "s")
    published = json.loads((tmp_path / "s" / PUBLISHED).read_text())
    assert published == {"commitment": secret.commitment, "seed": None, "nonce": None}
    assert (tmp_path / "s" / FOLDER).stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "s" / FOLDER / "secret.json").stat().st_mode & 0o777 == 0o600


def test_a_sweep_goes_on_with_the_secret_that_it_began_with(tmp_path: Path) -> None:
    assert open_secret(tmp_path) == open_secret(tmp_path)
    assert open_secret(tmp_path / "other") != open_secret(tmp_path)


def test_the_seed_of_the_environment_is_taken_and_another_one_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SEED_VARIABLE, "mine")
    assert open_secret(tmp_path).seed == "mine"
    monkeypatch.setenv(SEED_VARIABLE, "other")
    with pytest.raises(UsageError, match=SEED_VARIABLE):
        open_secret(tmp_path)


def test_what_is_revealed_gives_the_commitment(tmp_path: Path) -> None:
    secret = open_secret(tmp_path)
    publish(tmp_path, read_secret(tmp_path))
    shown = json.loads((tmp_path / PUBLISHED).read_text())
    assert shown["seed"] == secret.seed
    assert commit(shown["seed"], shown["nonce"]) == shown["commitment"] == secret.commitment
    assert holds(secret)


def test_a_damaged_secret_is_refused(tmp_path: Path) -> None:
    secret = open_secret(tmp_path)
    file = tmp_path / FOLDER / "secret.json"
    file.write_text(file.read_text().replace(str(secret.seed), "0" * 64))
    with pytest.raises(StoreError, match="do not give the commitment"):
        read_secret(tmp_path)


def test_a_sweep_without_a_set_has_nothing_to_reveal(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no held-out set"):
        read_secret(tmp_path)
