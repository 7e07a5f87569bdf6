"""What a sweep requires and an engine cannot enforce is refused before anything runs."""

import pytest

from codingagentbench.errors import SetupError, UsageError
from codingagentbench.sandbox.capabilities import CAPABILITIES, check_required
from codingagentbench.sandbox.engines import ENGINES, engine


def test_what_is_lacking_is_named_with_what_there_is() -> None:
    with pytest.raises(SetupError, match=r"requires no-network .* engine none cannot enforce .*file-size"):
        check_required(engine("none"), ["no-network"])


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"unknown capability 'memroy': did you mean memory"):
        check_required(engine("none"), ["memroy"])


def test_nothing_required_asks_nothing() -> None:
    check_required(engine("docker"), [])


@pytest.mark.parametrize("name", sorted(set(ENGINES) - {"docker"}))
def test_engines_declare_only_known_names_and_what_they_declare_is_accepted(name: str) -> None:
    able = engine(name).capabilities()
    assert able <= set(CAPABILITIES)
    check_required(engine(name), able)
