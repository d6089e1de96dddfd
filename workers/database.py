"""The table of prices, into which any number of processes save at once."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final, Self

from sqlalchemy import BigInteger, create_engine, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import CreateTable

from .price_row import PriceRow

#: Rows a statement: SQLite takes 32,766 values in one, and a row has seven.
BATCH: Final = 500
#: How long a writer waits for its turn at a SQLite file, in seconds.
SQLITE_WAIT_S: Final = 30


class Base(DeclarativeBase):
    """The tables of this database."""


class DailyPrice(Base):
    """One symbol's prices on one day; the key makes a second save of a day impossible."""

    __tablename__ = "daily_prices"

    symbol: Mapped[str] = mapped_column(primary_key=True)
    date: Mapped[dt.date] = mapped_column(primary_key=True)
    open: Mapped[float]
    high: Mapped[float]
    low: Mapped[float]
    close: Mapped[float]
    volume: Mapped[int] = mapped_column(BigInteger)


Insert = sqlite.Insert | postgresql.Insert
_INSERT: Final[dict[str, Callable[[type[DailyPrice]], Insert]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


class PriceDatabase:
    """One job's database connection. Each job opens its own: a connection must not cross a fork.

    Raises:
        ValueError: the URL is for a database other than SQLite and PostgreSQL.
    """

    def __init__(self, url: str) -> None:
        kind = make_url(url).get_backend_name()
        if kind not in _INSERT:
            raise ValueError(f"PRICES_DB_URL names {kind}; it must be one of {', '.join(_INSERT)}")
        # SQLite lets one process write at a time: the others wait instead of failing at once.
        waiting = {"timeout": SQLITE_WAIT_S} if kind == "sqlite" else {}
        self._insert = _INSERT[kind]
        self._engine = create_engine(url, connect_args=waiting)
        # Not create_all: it checks first, so two processes that find no table would collide.
        # PostgreSQL reports even this as a broken key when both come at the same moment.
        table = Base.metadata.tables[DailyPrice.__tablename__]
        with contextlib.suppress(IntegrityError), self._engine.begin() as connection:
            connection.execute(CreateTable(table, if_not_exists=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._engine.dispose()

    def save(self, symbol: str, rows: Sequence[PriceRow]) -> int:
        """Saves the days that are not in the table yet; returns how many these were."""
        saved = 0
        for start in range(0, len(rows), BATCH):
            batch = [{"symbol": symbol, **asdict(row)} for row in rows[start : start + BATCH]]
            new = self._insert(DailyPrice).values(batch).on_conflict_do_nothing()
            with self._engine.begin() as connection:
                saved += len(connection.execute(new.returning(DailyPrice.date)).all())
        return saved
