"""Cost: usage times a dated price, unknown where a part is, and never 0 for that."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.catalog.load import Catalog, open_catalog, own_root
from codingagentbench.catalog.prices import Quote
from codingagentbench.errors import CatalogError
from codingagentbench.gateway.cost import cost_of
from codingagentbench.scoring.tokens import tokens
from codingagentbench.store.record import Usage
from gateway.cells import OpenCell, TaskFiles, chat
from scoring.evidence_builder import call, evidence

PRICE = Quote(input=3.0, cache_read=0.3, cache_write=3.75, output=15.0, table="t@2025-01-01", digest="sha256:0")
COUNTS = st.one_of(st.none(), st.integers(0, 10**9))
FIGURES = st.one_of(st.none(), st.floats(0, 1000))


def test_a_cost_is_the_sum_of_four_counters_times_their_prices() -> None:
    usage = Usage(
        input_uncached=1_000_000, input_cache_read=2_000_000, input_cache_write=100_000, output=10_000, reasoning=5
    )
    assert cost_of(usage, PRICE).total == pytest.approx(3.0 + 0.6 + 0.375 + 0.15)


@pytest.mark.parametrize(
    ("usage", "price", "known"),
    [
        (Usage(input_uncached=100, output=100), None, 0.0),
        (None, PRICE, 0.0),
        (Usage(input_uncached=1_000_000, output=None), PRICE, 3.0),
        (Usage(input_uncached=1_000_000, output=5), Quote(3.0, None, None, None, "t@d", ""), 3.0),
        (Usage(input_uncached=0, input_cache_read=9, output=0), Quote(3.0, None, None, 1.0, "t@d", ""), 0.0),
        (Usage(input_uncached=0, output=0), Quote(None, None, None, None, "t@d", ""), 0.0),
    ],
)
def test_what_is_partly_unknown_is_unknown_with_its_known_part(
    usage: Usage | None, price: Quote | None, known: float
) -> None:
    cost = cost_of(usage, price)
    assert cost.total is None
    assert cost.known == pytest.approx(known)


@given(
    st.builds(Usage, input_uncached=COUNTS, input_cache_read=COUNTS, input_cache_write=COUNTS, output=COUNTS),
    st.builds(
        Quote,
        input=FIGURES,
        cache_read=FIGURES,
        cache_write=FIGURES,
        output=FIGURES,
        table=st.just("t"),
        digest=st.just("d"),
    ),
)
def test_a_known_total_is_the_known_part_and_never_negative(usage: Usage, price: Quote) -> None:
    cost = cost_of(usage, price)
    assert cost.known >= 0
    assert cost.total in {None, cost.known}


def _table(folder: Path, name: str, version: str, *rows: str) -> None:
    (folder / "prices").mkdir(parents=True, exist_ok=True)
    text = f'name = "{name}"\nversion = {version}\nsource = "a test"\n' + "".join(f"[[price]]\n{r}\n" for r in rows)
    (folder / "prices" / f"{name}-{version}.toml").write_text(text)


MODELS = '[endpoint]\nname = "e"\n[[model]]\nid = "my/fast"\nendpoint_id = "vendor-fast-1"\n[[model]]\nid = "my/slow"\n'


def test_the_newest_table_in_force_counts_and_yours_beats_ours(tmp_path: Path) -> None:
    (tmp_path / "a" / "models").mkdir(parents=True)
    (tmp_path / "a" / "models" / "m.toml").write_text(MODELS)
    _table(tmp_path / "a", "list", "2025-01-01", 'model = "vendor-*"\ninput = 1.0\noutput = 1.0')
    _table(tmp_path / "a", "list", "2025-06-01", 'model = "vendor-*"\ninput = 2.0\noutput = 2.0')
    _table(tmp_path / "a", "list", "2031-06-01", 'model = "vendor-*"\ninput = 9.0\noutput = 9.0')
    day = dt.date(2026, 1, 1)
    quote = Catalog([tmp_path / "a"]).quote("my/fast", day)
    assert quote is not None
    assert (quote.input, quote.table) == (2.0, "list@2025-06-01")
    early = Catalog([tmp_path / "a"]).quote("my/fast", dt.date(2025, 3, 1))
    assert early is not None
    assert early.input == 1.0
    assert Catalog([tmp_path / "a"]).quote("my/slow", day) is None
    assert Catalog([tmp_path / "a"]).quote("my/fast", dt.date(2024, 1, 1)) is None

    _table(tmp_path / "b", "mine", "2025-01-01", 'model = "my/*"\ninput = 0.5\noutput = 0.5')
    both = Catalog([tmp_path / "a", tmp_path / "b"])
    fast, slow = both.quote("my/fast", day), both.quote("my/slow", day)
    assert fast is not None
    assert slow is not None
    assert {fast.table, slow.table} == {"mine@2025-01-01"}
    _table(tmp_path / "a", "exact", "2025-02-01", 'model = "my/fast"\ninput = 7.0\noutput = 7.0')
    exact = Catalog([tmp_path / "a"]).quote("my/fast", day)
    assert exact is not None
    assert exact.input == 7.0, "an exact id comes before a glob"


def test_a_bad_table_is_told_with_file_key_and_value(tmp_path: Path) -> None:
    _table(tmp_path, "list", "2025-01-01", 'model = "vendor-*"\ninput = -1.0')
    with pytest.raises(CatalogError, match=r"list-2025-01-01\.toml.*input.*-1"):
        _ = Catalog([own_root(), tmp_path]).prices


def test_controls_have_no_known_price() -> None:
    quote = open_catalog().quote("control/oracle", dt.date(2026, 1, 1))
    assert quote is not None
    assert (quote.input, quote.output) == (None, None)
    assert cost_of(Usage(input_uncached=10, output=10), quote).total is None


async def test_a_call_states_its_cost_and_the_tables_version(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with open_cell(task_files.control("noop")) as cell:
        await cell.post("chat", chat())
        cell.session.price = PRICE
        await cell.post("chat", chat(True))
        unpriced, priced = await cell.session.close()
    assert (unpriced.cost_usd, unpriced.known_cost_usd, unpriced.price) == (None, None, None)
    assert priced.prompt_tokens is not None
    assert priced.completion_tokens is not None
    expected = (priced.prompt_tokens * 3 + priced.completion_tokens * 15) / 1e6
    assert priced.cost_usd == pytest.approx(expected)
    assert (priced.known_cost_usd, priced.price) == (priced.cost_usd, "t@2025-01-01")


def test_one_call_without_a_price_makes_the_cells_cost_unknown_and_keeps_the_known_part() -> None:
    paid = msgspec.structs.replace(call(1), cost_usd=0.25, known_cost_usd=0.25, price="t@d")
    unknown = msgspec.structs.replace(call(2), known_cost_usd=0.5, price="t@d")
    free = call(3, tokens=(None, None), status=429, error="endpoint_rate_limited")
    all_known = tokens(evidence(calls=[paid, paid, free]), 1)
    assert (all_known.cost_usd, all_known.known_cost_usd, all_known.unpriced_calls) == (0.5, 0.5, 0)
    some = tokens(evidence(calls=[paid, unknown]), 1)
    assert (some.cost_usd, some.known_cost_usd, some.unpriced_calls, some.price) == (None, 0.75, 1, "t@d")
    assert tokens(evidence(calls=[]), 0).cost_usd is None
