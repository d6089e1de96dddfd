"""`tqdm` as it is used in a job, whose bar is the task's record: a drop-in for `from tqdm import
tqdm`, which need not be installed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
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
    `position`, `miniters`, …) is taken and has no effect.

    Outside of a tracked task it makes a bar of the real tqdm where that is installed, else it goes
    over the items in silence; a class that is derived from it always does the latter.
    """

    def __new__(cls, *given: Any, **named: Any) -> Any:
        """Makes the task's bar, or one of the real tqdm outside of a tracked task."""
        if cls is tqdm and recorded_run() is None and (real := _real()) is not None:
            return real.tqdm(*given, **named)
        return super().__new__(cls)

    def __init__(
        self,
        iterable: Iterable[Any] | None = None,
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
        self.iterable, self.disable = iterable, bool(disable)
        self.unit, self.leave, self.pos = unit, leave, 0
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
        if self.disable:
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
        return len(self.iterable)  # type: ignore[arg-type]  # as tqdm: a TypeError where it has none

    def __bool__(self) -> bool:
        if self.total is not None:
            return bool(self.total > 0)
        return self.iterable is None or bool(self.iterable)

    def __contains__(self, item: Any) -> bool:
        return item in self.iterable if self.iterable is not None else False

    def __reversed__(self) -> Iterator[Any]:
        items, self.iterable = self.iterable, reversed(self.iterable)  # type: ignore[call-overload]  # as tqdm
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


def _length(iterable: Iterable[Any]) -> int | None:
    try:
        return len(iterable)  # type: ignore[arg-type]  # that is the question
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
