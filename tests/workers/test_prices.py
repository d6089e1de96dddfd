"""The client against the real source, and against servers that misbehave."""

import json
from typing import Any

import pytest

from tests.waiting import eventually
from tests.workers.conftest import StartScripted, StartSource
from workers.price_source import rows_of
from workers.prices import (
    MAX_PAGES,
    PriceClient,
    PriceSourceError,
    SourceUnavailable,
    UnknownSymbol,
)


def page(**change: Any) -> tuple[int, str]:
    return 200, json.dumps({"symbol": "X", "page": 1, "pages": 1, "total": 0, "rows": []} | change)


def test_all_pages_come_in_order(start_source: StartSource) -> None:
    with PriceClient(start_source(page_size=400)) as client:
        pages = list(client.pages("MSFT", "max"))
    assert [page.number for page in pages] == [1, 2, 3, 4, 5]
    assert {(page.pages, page.total) for page in pages} == {(5, 1763)}
    assert [row for page in pages for row in page.rows] == rows_of("MSFT")


@pytest.mark.parametrize("fault", [None, (500, ""), (503, ""), (429, "")])
def test_each_passing_fault_is_survived(start_scripted: StartScripted, fault: Any) -> None:
    server = start_scripted(fault, fault, page(total=7))
    with PriceClient(server.url, backoff_s=0.01) as client:
        assert [page.total for page in client.pages("AAPL", "1y")] == [7]
    assert len(server.paths) == 3


def test_a_hanging_source_is_left(start_scripted: StartScripted) -> None:
    server = start_scripted("hang")
    with (
        PriceClient(server.url, timeout_s=0.2, tries=2, backoff_s=0.01) as client,
        pytest.raises(SourceUnavailable, match="ReadTimeout"),
    ):
        list(client.pages("AAPL", "1y"))
    eventually(lambda: len(server.paths) >= 2)
    assert len(server.paths) == 2


def test_no_source_at_all_names_the_setting() -> None:
    with (
        PriceClient("http://127.0.0.1:1", tries=2, backoff_s=0.01) as client,
        pytest.raises(SourceUnavailable, match="is the source that PRICES_URL names running"),
    ):
        list(client.pages("AAPL", "1y"))


def test_an_unknown_symbol_is_named_in_the_error(start_source: StartSource) -> None:
    url = start_source()
    with (
        PriceClient(url) as client,
        pytest.raises(UnknownSymbol, match=r"knows no symbol 7203\.T; its /symbols lists"),
    ):
        list(client.pages("7203.T", "1y"))


@pytest.mark.parametrize("symbol", ["", "..", "A/B", "AAPL?x=1", "A" * 33, "７２０３"])
def test_what_is_no_symbol_is_never_asked_for(start_scripted: StartScripted, symbol: str) -> None:
    server = start_scripted(page())
    with PriceClient(server.url) as client, pytest.raises(UnknownSymbol, match="not a symbol"):
        list(client.pages(symbol, "1y"))
    assert server.paths == []


def test_a_period_that_is_none_lists_those_there_are() -> None:
    with (
        PriceClient("http://127.0.0.1:1") as client,
        pytest.raises(ValueError, match="it must be one of 1mo, 3mo, 6mo, 1y, 2y, 5y, max"),
    ):
        client.pages("AAPL", "1Y")


@pytest.mark.parametrize(
    "answer",
    [(200, "<html>"), (200, "[]"), page(rows=None), page(pages=-1), page(pages=MAX_PAGES + 1)],
)
def test_an_answer_that_is_no_page_ends_it(start_scripted: StartScripted, answer: Any) -> None:
    server = start_scripted(answer)
    with PriceClient(server.url) as client, pytest.raises(PriceSourceError):
        list(client.pages("AAPL", "1y"))
    assert len(server.paths) == 1
