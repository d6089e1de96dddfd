"""`tqdm` as it is used in a job, whose bar is the task's record: a drop-in for `from tqdm import
tqdm`, which need not be installed."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from numbers import Number
from typing import Any, Self

from .record.json_text import text_of
from .runs.bars import Bar, text
from .tracking.notifier import nowhere, recorded_run

__all__ = ["tqdm", "trange"]


class tqdm:  # noqa: N801 - the name that is dropped in
    """Counts what a loop of the running Celery task goes over, as tqdm's own class does: the
    record's bar in place of the terminal's.

    The outermost open bar sets the record's count and total; its description and postfix are the
    message, and so are those of bars within it, with their counts. An item costs no I/O. While the
    task is paused the loop waits, and once it is cancelled it ends with `TaskCancelled`; what goes
    wrong with the record never reaches the job. What is said of looks (`ncols`, `ascii`, `leave`,
    `position`, `miniters`, …) is taken and has no effect. `async for`, `as_completed` and `gather`
    are those of `tqdm.asyncio` and `tqdm.auto`.

    Outside of a tracked task it makes a bar of the real tqdm where that is installed, else it goes
    over the items in silence; a class that is derived from it always does the latter.
    """

    def __new__(cls, *given: Any, **named: Any) -> Any:
        """Makes the task's bar, or one of the real tqdm outside of a tracked task."""
        if cls is tqdm and recorded_run() is None and (real := _real()) is not None:
            made = import_module("tqdm.asyncio").tqdm if _in_a_loop() else real.tqdm
            return made(*given, **named)
        return super().__new__(cls)

    def __init__(
        self,
        iterable: Iterable[Any] | AsyncIterable[Any] | None = None,
        desc: str | None = None,
        total: float | None = None,
        leave: bool | None = True,
        file: Any = None,
        ncols: int | None = None,
        mininterval: float = 0.1,
        maxinterval: float = 10.0,
        miniters: float | None = None,
        ascii: bool | str | None = None,  # noqa: A002 - tqdm's name
        disable: bool | None = False,
        unit: str = "it",
        unit_scale: bool | float = False,
        dynamic_ncols: bool = False,
        smoothing: float = 0.3,
        bar_format: str | None = None,
        initial: float = 0,
        position: int | None = None,
        postfix: Any = None,
        unit_divisor: float = 1000,
        write_bytes: bool = False,
        lock_args: Any = None,
        nrows: int | None = None,
        colour: str | None = None,
        delay: float = 0.0,
        gui: bool = False,
        **others: Any,
    ) -> None:
        """Opens a bar of the running task.

        Args:
            iterable: what a loop goes over; None for a bar that `update` moves.
            desc: text before the figures: the record's message.
            total: items in all; `len(iterable)` unless given, unknown where that has no length.
            leave: no effect.
            file: no effect.
            ncols: no effect.
            mininterval: no effect: values are recorded once in `PROGRESS_UPDATE_INTERVAL_S`.
            maxinterval: no effect.
            miniters: no effect.
            ascii: no effect.
            disable: True leaves the record alone. None, by which tqdm asks for a terminal, does
                not.
            unit: no effect.
            unit_scale: no effect.
            dynamic_ncols: no effect.
            smoothing: no effect: the record's rate is the library's own.
            bar_format: no effect.
            initial: items that are done already.
            position: no effect: the bar that was opened first is the outermost.
            postfix: names and values behind the description, or a text.
            unit_divisor: no effect.
            write_bytes: no effect.
            lock_args: no effect.
            nrows: no effect.
            colour: no effect.
            delay: no effect.
            gui: no effect.
            others: no effect.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        self.iterable: Any = iterable
        self.disable = bool(disable)
        self.unit, self.leave, self.pos = unit, leave, 0
        self.start_t = time.time()
        if total is None and iterable is not None:
            total = _length(iterable)
        bar = Bar(recorded_run() or nowhere(), initial, _finite(total), text(desc), _text(postfix))
        self._bar = bar
        if self.disable:
            bar.over = True
        else:
            bar.open()

    @property
    def n(self) -> Any:
        """Items done so far, `initial` among them; may be set, with `refresh()` after it."""
        return self._opened.n

    @n.setter
    def n(self, done: Any) -> None:
        self._opened.n = done

    @property
    def total(self) -> Any:
        """Items in all, None if unknown; may be set, which the next item or `refresh()` tells."""
        return self._opened.total

    @total.setter
    def total(self, total: Any) -> None:
        bar = self._opened
        bar.total = _finite(total)
        bar.run.attention = True

    @property
    def desc(self) -> str:
        """The description, without the colon that the real tqdm puts behind it."""
        return self._opened.desc

    @property
    def postfix(self) -> str:
        """The postfix as text."""
        return self._opened.postfix

    def __iter__(self) -> Iterator[Any]:
        bar, items = self._opened, self.iterable
        if items is None:
            raise TypeError("tqdm() was made without an iterable: move it by update()")
        if self.disable or bar.over:
            yield from items
            return
        run = bar.run
        try:
            for item in items:
                yield item
                bar.n += 1
                run.pending = True
                if run.attention:
                    bar.tell()
        finally:
            self.close()

    async def __aiter__(self) -> AsyncIterator[Any]:
        items = self.iterable
        if not hasattr(items, "__aiter__"):
            for item in self:
                yield item
            return
        try:
            async for item in items:
                yield item
                self.update()
        finally:
            self.close()

    @classmethod
    def as_completed(
        cls,
        fs: Any,
        *,
        loop: Any = None,
        timeout: float | None = None,
        total: float | None = None,
        **tqdm_kwargs: Any,
    ) -> Generator[Any, None, None]:
        """Goes over `asyncio.as_completed(fs)` with a bar.

        Args:
            fs: awaitables.
            loop: no effect.
            timeout: seconds after which `asyncio.TimeoutError` is raised; None: never.
            total: items in all; `len(fs)` unless given.
            tqdm_kwargs: what `tqdm` takes besides.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        every = len(fs) if total is None else total
        yield from cls(asyncio.as_completed(fs, timeout=timeout), total=every, **tqdm_kwargs)

    @classmethod
    async def gather(
        cls,
        *fs: Awaitable[Any],
        loop: Any = None,
        timeout: float | None = None,  # noqa: ASYNC109 - tqdm's name
        total: float | None = None,
        return_exceptions: bool = False,
        **tqdm_kwargs: Any,
    ) -> list[Any]:
        """Awaits all of them at once, as `asyncio.gather` does, with a bar.

        Args:
            fs: awaitables.
            loop: no effect.
            timeout: seconds after which `asyncio.TimeoutError` is raised; None: never.
            total: items in all; their number unless given.
            return_exceptions: whether an exception is returned in its result's place.
            tqdm_kwargs: what `tqdm` takes besides.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """

        async def numbered(number: int, awaited: Awaitable[Any]) -> tuple[int, Any]:
            try:
                return number, await awaited
            except Exception as error:
                if return_exceptions:
                    return number, error
                raise

        each = [numbered(number, awaited) for number, awaited in enumerate(fs)]
        done = cls.as_completed(each, timeout=timeout, total=total, **tqdm_kwargs)
        try:
            found = dict([await one for one in done])
        finally:
            done.close()  # where one has failed the bar is over too
        return [found[number] for number in range(len(fs))]

    def update(self, n: float = 1) -> bool | None:
        """Counts more items as done.

        Args:
            n: items done since the last call.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        bar = self._opened
        if self.disable or bar.over:
            return None
        bar.n += n
        bar.run.pending = True
        if bar.run.attention:
            bar.tell()
        return True

    def refresh(self, nolock: bool = False, lock_args: Any = None) -> bool:
        """Takes `n` and `total` as they were set.

        Args:
            nolock: no effect.
            lock_args: no effect.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        if not self._opened.over:
            self._opened.tell()
        return True

    def reset(self, total: float | None = None) -> None:
        """Begins anew at nothing.

        Args:
            total: items in all; as before unless given.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        if self.disable:
            return
        bar = self._opened
        bar.n = 0
        if total is not None:
            bar.total = _finite(total)
        if bar.over:
            bar.over = False
            bar.open()
        else:
            bar.tell()

    def set_description(self, desc: str | None = None, refresh: bool | None = True) -> None:
        """Sets the description: the record's message.

        Args:
            desc: the text; None for none.
            refresh: no effect: the next recorded value has it.
        """
        self._opened.desc = text(desc)
        self._opened.say()

    def set_description_str(self, desc: str | None = None, refresh: bool | None = True) -> None:
        """Sets the description, as `set_description` does.

        Args:
            desc: the text; None for none.
            refresh: no effect.
        """
        self.set_description(desc)

    def set_postfix(
        self,
        ordered_dict: Mapping[str, Any] | None = None,
        refresh: bool | None = True,
        **kwargs: Any,
    ) -> None:
        """Sets names and values that the message has behind the description.

        Args:
            ordered_dict: names and values; numbers are shortened.
            refresh: no effect: the next recorded value has it.
            kwargs: more of them.
        """
        self.set_postfix_str(_named({**(ordered_dict or {}), **kwargs}))

    def set_postfix_str(self, s: str = "", refresh: bool = True) -> None:
        """Sets the text that the message has behind the description.

        Args:
            s: the text.
            refresh: no effect.
        """
        self._opened.postfix = text(s)
        self._opened.say()

    def close(self) -> None:
        """Ends the bar; the record's count stays as it is."""
        if self._bar is not None:
            self._bar.close()

    def clear(self, nolock: bool = False) -> None:
        """Does nothing: there is no line to clear.

        Args:
            nolock: no effect.
        """

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Does nothing: the record is shown by its readers.

        Args:
            msg: no effect.
            pos: no effect.
        """
        return True

    def unpause(self) -> None:
        """Does nothing: pauses of the record are no work in its rate."""

    @classmethod
    def write(cls, s: str, file: Any = None, end: str = "\n", nolock: bool = False) -> None:
        """Adds a line to the running task's log; outside of one, or where a file is given, it
        writes there.

        Args:
            s: the text.
            file: where it is written instead; outside of a task `sys.stdout` unless given.
            end: what a file gets behind the text.
            nolock: no effect.
        """
        run = recorded_run()
        if run is not None and file is None:
            run.write("info", text_of(s))
        elif (real := _real()) is not None:
            real.tqdm.write(s, file=file, end=end)
        else:
            print(s, file=file or sys.stdout, end=end)

    @property
    def format_dict(self) -> dict[str, Any]:
        """The bar's figures by the names that the real tqdm gives them; `rate` is that of all items
        so far."""
        bar, elapsed = self._opened, time.time() - self.start_t
        return {
            "n": bar.n,
            "total": bar.total,
            "elapsed": elapsed,
            "prefix": bar.desc,
            "unit": self.unit,
            "rate": bar.n / elapsed if bar.n and elapsed > 0 else None,
            "postfix": bar.postfix or None,
        }

    @staticmethod
    def format_interval(t: float) -> str:
        """Writes seconds as "02:05" or "1:02:05", as the real tqdm does.

        Args:
            t: seconds.
        """
        minutes, seconds = divmod(abs(int(t)), 60)
        hours, minutes = divmod(minutes, 60)
        text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
        return f"-{text}" if t < 0 else text

    @classmethod
    def pandas(cls, **tqdm_kwargs: Any) -> None:
        """Gives pandas' objects `progress_apply` and its like, with a bar of this class; needs the
        real tqdm.

        Args:
            tqdm_kwargs: what `tqdm` takes.

        Raises:
            ImportError: pandas or tqdm is not installed.
        """
        real: Any = import_module("tqdm")
        real.tqdm.pandas.__func__(cls, **tqdm_kwargs)

    @classmethod
    def external_write_mode(
        cls, file: Any = None, nolock: bool = False
    ) -> AbstractContextManager[None]:
        """Does nothing: no bar is in the way of what others print.

        Args:
            file: no effect.
            nolock: no effect.
        """
        return nullcontext()

    @classmethod
    def set_lock(cls, lock: Any) -> None:
        """Keeps a lock that `get_lock` returns; no bar needs it.

        Args:
            lock: the lock.
        """
        cls._lock = lock

    @classmethod
    def get_lock(cls) -> Any:
        """Returns the lock of `set_lock`."""
        return cls._lock

    @classmethod
    @contextmanager
    def wrapattr(
        cls,
        stream: Any,
        method: str,
        total: float | None = None,
        bytes: bool = True,  # noqa: A002 - tqdm's name
        **tqdm_kwargs: Any,
    ) -> Iterator[Any]:
        """Counts the bytes that a file's method reads or writes, while a `with` block lasts.

        Args:
            stream: the file.
            method: name of its method, "read" or "write".
            total: bytes in all.
            bytes: no effect.
            tqdm_kwargs: what `tqdm` takes besides.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        with cls(total=total, **tqdm_kwargs) as bar:
            yield _Counted(stream, method, bar.update)

    #: None where the constructor has raised.
    _bar: Bar | None = None
    _lock: Any = threading.RLock()

    @property
    def _opened(self) -> Bar:
        assert self._bar is not None  # it is the constructor's first deed
        return self._bar

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def __len__(self) -> int:
        if self.iterable is None:
            return int(self.total)
        return len(self.iterable)  # as tqdm: a TypeError where it has none

    def __bool__(self) -> bool:
        if self.total is not None:
            return bool(self.total > 0)
        return self.iterable is None or bool(self.iterable)

    def __contains__(self, item: Any) -> bool:
        return item in self.iterable if self.iterable is not None else False

    def __reversed__(self) -> Iterator[Any]:
        items, self.iterable = self.iterable, reversed(self.iterable)
        try:
            yield from self
        finally:
            self.iterable = items


def trange(*args: Any, **kwargs: Any) -> Any:
    """Goes over `range(*args)` with a bar: `tqdm(range(*args), **kwargs)`.

    Args:
        args: what `range` takes.
        kwargs: what `tqdm` takes besides.

    Raises:
        TaskCancelled: the task's record is cancelled.
    """
    return tqdm(range(*args), **kwargs)


class _Counted:
    """A file, one of whose methods tells how many bytes went through."""

    def __init__(self, stream: Any, method: str, counted: Callable[[int], object]) -> None:
        self._stream, self._method, self._counted = stream, method, counted

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._stream, name)
        if name != self._method:
            return found

        def through(*given: Any, **named: Any) -> Any:
            answer = found(*given, **named)
            through_it = answer if name == "read" else given[0] if given else b""
            self._counted(len(through_it))
            return answer

        return through

    def __iter__(self) -> Iterator[Any]:
        return iter(self._stream)


def _real() -> Any:
    """The real tqdm's package; None where it is not installed."""
    try:
        return import_module("tqdm")
    except ImportError:
        return None


def _in_a_loop() -> bool:
    """Whether an event loop runs in this thread: then a bar is one that `async for` takes too."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _length(iterable: Any) -> int | None:
    try:
        return len(iterable)
    except (TypeError, OverflowError, AttributeError):
        return None


def _finite(total: Any) -> Any:
    return None if total == float("inf") else total


def _text(postfix: Any) -> str:
    return _named(postfix) if isinstance(postfix, Mapping) else text(postfix)


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_value(value).strip()}" for name, value in values.items())


def _value(value: Any) -> str:
    """A value as tqdm writes it: a number with three digits where that is shorter."""
    whole = text_of(value)
    if not isinstance(value, Number):
        return whole
    try:
        short = f"{value:.3g}".replace("e+0", "e+").replace("e-0", "e-")
    except (TypeError, ValueError):  # a number of somebody else's
        return whole
    return short if len(short) < len(whole) else whole
