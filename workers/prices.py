"""The price source's client: one symbol's daily prices, page by page over HTTP."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import quote

import httpx

#: What can be asked for, and about how many trading days it holds (None: not known before).
TRADING_DAYS: Final[dict[str, int | None]] = {
    "1mo": 21,
    "3mo": 63,
    "6mo": 126,
    "1y": 252,
    "2y": 504,
    "5y": 1260,
    "max": None,
}
#: A source that announces more pages than this is broken.
MAX_PAGES = 10_000
_SYMBOL = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.^=-]{0,31}")


class PriceSourceError(Exception):
    """The source cannot give the prices that were asked for."""


class UnknownSymbol(PriceSourceError):
    """The source has no such symbol (404), or the text is no symbol."""


class SourceUnavailable(PriceSourceError):
    """No usable answer after the last try."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it came: `total` counts the rows of all `pages`; rows are not checked yet."""

    number: int
    pages: int
    total: int
    rows: list[Any]


class PriceClient:
    """Asks one price source, with time limits and a bounded number of tries.

    Tried again, `backoff_s`, twice that, … later: no connection, no answer in time, 429 and 5xx.
    """

    def __init__(
        self, base_url: str, *, timeout_s: float = 10.0, tries: int = 4, backoff_s: float = 0.3
    ) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=timeout_s)
        self._tries = tries
        self._backoff_s = backoff_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._http.close()

    def pages(self, symbol: str, period: str) -> Iterator[Page]:
        """The symbol's pages in order, oldest day first; each is asked for when it is needed.

        Raises:
            ValueError: the period is not one of TRADING_DAYS; raised at once.
            UnknownSymbol, SourceUnavailable, PriceSourceError: see there.
        """
        check_period(period)
        return self._pages(symbol, period)

    def _pages(self, symbol: str, period: str) -> Iterator[Page]:
        if not _SYMBOL.fullmatch(symbol):
            raise UnknownSymbol(f"{symbol!r} is not a symbol; it should look like AAPL or 7203.T")
        page = self._page(symbol, period, 1)
        yield page
        for number in range(2, page.pages + 1):
            yield self._page(symbol, period, number)

    def _page(self, symbol: str, period: str, number: int) -> Page:
        answer = self._get(f"/prices/{quote(symbol)}", {"period": period, "page": number})
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise UnknownSymbol(
                f"{self._http.base_url} knows no symbol {symbol}; its /symbols lists the known ones"
            )
        if answer.is_error:
            raise PriceSourceError(
                f"{answer.url} answered {answer.status_code}: {answer.text[:200]}"
            )
        try:
            body = answer.json()
            page = Page(number, int(body["pages"]), int(body["total"]), list(body["rows"]))
        except (KeyError, TypeError, ValueError) as error:
            raise PriceSourceError(f"{answer.url} sent no page of prices: {error!r}") from error
        if not (0 <= page.pages <= MAX_PAGES and page.total >= 0):
            raise PriceSourceError(
                f"{answer.url} announces {page.pages} pages with {page.total} rows; "
                f"0 to {MAX_PAGES} pages are believed"
            )
        return page

    def _get(self, path: str, query: dict[str, str | int]) -> httpx.Response:
        reason = ""
        for attempt in range(self._tries):
            if attempt:
                # Jitter keeps workers that failed together from coming back together.
                time.sleep(self._backoff_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.0))
            try:
                answer = self._http.get(path, params=query)
            except httpx.RequestError as error:
                reason = f"{type(error).__name__}: {error}"
                continue
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS and not answer.is_server_error:
                return answer
            reason = f"status {answer.status_code}"
        raise SourceUnavailable(
            f"{self._http.base_url} gave no answer for {path} in {self._tries} tries ({reason}); "
            "is the source that PRICES_URL names running?"
        )


def check_period(period: str) -> None:
    """Raises ValueError for a period that no source has."""
    if period not in TRADING_DAYS:
        raise ValueError(f"period is {period!r}; it must be one of {', '.join(TRADING_DAYS)}")
