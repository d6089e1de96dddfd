"""The demo's price source: a small HTTP server over the prices on file.

python -m workers.price_source --port 8010 --delay-ms 300 --page-size 25

GET /prices/{symbol}?period=1y&page=1   {symbol, page, pages, total, rows: [{date, open, …}]}
GET /symbols                            {symbols: [{symbol, rows, first, last}]}
GET /health                             {status: "healthy"}
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import functools
import itertools
import math
import socket
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .prices import TRADING_DAYS

FOLDER: Final = Path(__file__).parent / "prices"
Row = dict[str, Any]


@functools.cache
def symbols() -> tuple[str, ...]:
    """The symbols on file."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.csv")))


@functools.cache
def rows_of(symbol: str) -> list[Row]:
    """The rows of one of `symbols()`, oldest first."""
    with (FOLDER / f"{symbol}.csv").open(newline="", encoding="ascii") as file:
        return [
            {
                "date": row["date"],
                **{name: float(row[name]) for name in ("open", "high", "low", "close")},
                "volume": int(row["volume"]),
            }
            for row in csv.DictReader(file)
        ]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How reliably the source answers. `fail_every` and `break_every` (0: never) make it a bad one:
    each n-th request for prices is answered 503; each n-th row of an answer has no close."""

    delay_ms: float = 300
    page_size: int = 25
    fail_every: int = 0
    break_every: int = 0


def create_app(behaviour: Behaviour) -> Starlette:
    """The server's application."""
    requests = itertools.count(1)

    async def prices(request: Request) -> JSONResponse:
        await asyncio.sleep(behaviour.delay_ms / 1000)
        if behaviour.fail_every and next(requests) % behaviour.fail_every == 0:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "try again later")
        return JSONResponse(page_of(request, behaviour))

    return Starlette(
        routes=[
            Route("/prices/{symbol}", prices),
            Route("/symbols", known_symbols),
            Route("/health", health),
        ],
        exception_handlers={HTTPException: refusal},
    )


def page_of(request: Request, behaviour: Behaviour) -> dict[str, object]:
    """The page that is asked for; HTTPException 404 or 422 if there is none."""
    symbol = request.path_params["symbol"]
    period = request.query_params.get("period", "1y")
    page = request.query_params.get("page", "1")
    if symbol not in symbols():
        raise HTTPException(HTTPStatus.NOT_FOUND, f"unknown symbol {symbol}")
    if period not in TRADING_DAYS:
        raise _unprocessable(f"period must be one of {', '.join(TRADING_DAYS)}")
    # The last ones on file, not those up to today: the files are old.
    rows = rows_of(symbol)[-(TRADING_DAYS[period] or 0) :]
    pages = math.ceil(len(rows) / behaviour.page_size)
    if not (page.isascii() and page.isdigit() and len(page) < 7 and 1 <= int(page) <= pages):
        raise _unprocessable(f"page must be 1 to {pages}")
    start = (int(page) - 1) * behaviour.page_size
    shown = rows[start : start + behaviour.page_size]
    if behaviour.break_every:
        shown = [
            {**row, "close": None} if number % behaviour.break_every == 0 else row
            for number, row in enumerate(shown, start + 1)
        ]
    return {
        "symbol": symbol,
        "page": int(page),
        "pages": pages,
        "total": len(rows),
        "rows": shown,
    }


async def known_symbols(_request: Request) -> JSONResponse:
    """The symbols and periods that the source has."""
    known = ((symbol, rows_of(symbol)) for symbol in symbols())
    return JSONResponse(
        {
            "symbols": [
                {
                    "symbol": symbol,
                    "rows": len(rows),
                    "first": rows[0]["date"],
                    "last": rows[-1]["date"],
                }
                for symbol, rows in known
            ]
        }
    )


async def health(_request: Request) -> JSONResponse:
    """Whether the source answers."""
    return JSONResponse({"status": "healthy"})


async def refusal(_request: Request, error: Exception) -> JSONResponse:
    """An HTTPException as JSON."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, error.status_code)


def _unprocessable(detail: str) -> HTTPException:
    return HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, detail)


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def main() -> None:
    """Serves until SIGINT or SIGTERM; prints its address, since `--port 0` takes any free port."""
    parser = argparse.ArgumentParser(prog="price_source", description="Daily prices over HTTP.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_count, default=8010, help="0: any free one")
    parser.add_argument("--delay-ms", type=_count, default=300, help="before each answer")
    parser.add_argument("--page-size", type=_count, default=25, help="rows a page")
    parser.add_argument("--fail-every", type=_count, default=0, help="answer each n-th with 503")
    parser.add_argument("--break-every", type=_count, default=0, help="spoil each n-th row")
    given = parser.parse_args()
    if given.page_size < 1:
        parser.error("--page-size must be 1 or more")
    behaviour = Behaviour(given.delay_ms, given.page_size, given.fail_every, given.break_every)
    try:
        listener = socket.create_server((given.host, given.port))
    except (OSError, OverflowError) as error:
        parser.error(f"cannot listen on {given.host}:{given.port}: {error}")
    print(f"http://{given.host}:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(create_app(behaviour), log_level="warning", access_log=False)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn has ended well before it raises this
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
