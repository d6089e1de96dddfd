"""`watch` under keys: live bars with a selected row, its log, and what the keys ask for.

The store or API is asked in threads of their own: keys are read while nothing answers."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar
from urllib.parse import quote

from ..daemon import daemon
from ..errors import ProgressError, SettingsError, TransitionRefused, WorkflowNotFound
from ..record.act import Action
from ..record.list_request import ListRequest
from ..record.model import TaskStatus
from ..record.sort import BY_END
from . import formats, printing
from .keys import KeyReader
from .readers import Reader
from .rows import RecordRow, View
from .source import Body, Source
from .watch_state import (
    FOLD,
    MOVING,
    Command,
    WatchState,
    arranged,
    left,
    pressed,
    selected,
    settled,
)

if TYPE_CHECKING:
    from .app_screen import Case
    from .bars import Bars

T = TypeVar("T")

#: Columns from which on the log is shown unasked.
LOG_FROM: Final = 100
#: Keys between two looks that a person can have typed; a pasted text has more: it is searched for,
#: or asks for nothing.
_TYPED: Final = 4
#: Lines of a log that one read brings at most: more than most terminals show.
_LINES: Final = 100
#: Seconds that an answer usually takes at most, and how often answers are looked for after that;
#: and for which the end waits for the answer to an act.
_SOON_S, _LOOK_S, _LAST_S = 0.05, 0.05, 2.0
#: Seconds between two reads of what the head shows; and types whose waiting tasks it counts.
_HEAD_S, _TYPES = 5.0, 3
#: What chooses the task of which more than its row is read.
_CHOSEN: Final = attrgetter("selected", "log", "case")


def in_thread(call: Callable[[], T]) -> Future[T]:
    """The outcome of a call, once it is there. The end of the program waits for none, as it would
    for an executor's."""
    outcome: Future[T] = Future()

    def work() -> None:
        try:
            found = call()
        except BaseException as error:  # whoever waits gets it
            outcome.set_exception(error)
        else:
            outcome.set_result(found)

    if daemon("progress-watch", work) is None:
        outcome.set_exception(RuntimeError("the system has no thread left for calls of the store"))
    return outcome


class WatchApp:
    """Draws views and reads keys; use as a context manager.

    `whole` reads all that is watched, `workflow` makes what reads one workflow of it, None where
    none can be opened; `page` is the address of the pages that `o` opens, None where none is known.
    """

    def __init__(
        self,
        bars: Bars,
        source: Source,
        whole: Reader,
        workflow: Callable[[str], Reader] | None,
        page: str | None,
    ) -> None:
        self._bars, self._keys = bars, KeyReader()
        self._source = source
        self._locale, self._page = source.locale, page
        self._whole = self._reader = whole
        self._workflow = workflow
        self._state = WatchState(log=bars.columns >= LOG_FROM, opens=workflow is not None)
        #: What was read last, and of that what the state shows.
        self._seen = self._view = View()
        #: The newest lines of the selected task's log.
        self._log: list[Body] = []
        #: The selected task in full: its facts, and what happened to it, newest first.
        self._case: Case = ((), ())
        self._browser: subprocess.Popen[bytes] | None = None
        #: The line of the act that waits for its answer.
        self._acting: Future[str] | None = None
        #: What a view has besides its rows, and when that is read again.
        self._head, self._head_at = dict[str, Any](), 0.0
        #: What is shown is to be read again at once.
        self._hurry = False
        self._opened = ExitStack()

    def read(self) -> View:
        """What is watched as it is now, read while keys are read.

        Raises:
            KeyboardInterrupt: the person leaves.
        """
        while True:
            state, reader, self._hurry = self._state, self._reader, False
            reading = in_thread(partial(self._read, reader, state))
            wait([reading], _SOON_S)
            while not reading.done():
                self._read_keys(_LOOK_S)
            if (state.inside, state.status) != (self._state.inside, self._state.status):
                continue  # other rows were chosen meanwhile
            try:
                view, log, case = reading.result()
            except WorkflowNotFound as gone:
                if state.inside is None:
                    raise
                self._state = replace(left(self._state), answer=formats.clean(str(gone)))
                self._reader = self._whole
                continue
            if _CHOSEN(state) == _CHOSEN(self._state):
                self._log, self._case = log, case
            return view

    def show(self, view: View) -> None:
        """Draws a view, and the selected task's log as it was read with it."""
        self._seen = view
        self._arrange()
        self._draw()

    def _arrange(self) -> None:
        self._view = arranged(self._state, self._seen, self._locale)
        self._state = settled(self._state, self._view.rows)

    def wait(self, seconds: float) -> None:
        """Reads keys for so long, or until there is something new to be read.

        Raises:
            KeyboardInterrupt: the person leaves.
        """
        end = time.monotonic() + seconds
        while not self._hurry and (left_s := end - time.monotonic()) > 0:
            self._read_keys(left_s)

    def final(self, view: View) -> None:
        """Ends, and leaves the whole view on the screen."""
        self._bars.final(view)

    def _read_keys(self, within_s: float) -> None:
        """Reads keys, and takes what was asked for, for so long or until something comes."""
        keys = self._keys.pressed(within_s if self._acting is None else min(within_s, _LOOK_S))
        if answered := self._acting is not None and self._acting.done():
            self._state = replace(self._state, answer=self._answer())
        if came_back := self._keys.came_back:
            self._bars.restart()
            self._keys.came_back = False
        if sum(one not in MOVING for one in keys) > _TYPED:
            before_enter = takewhile(lambda one: one != "enter", keys)
            keys = list(before_enter) if self._state.types else []
        for one in keys:
            self._press(one)
        if keys or came_back or answered:
            self._draw()

    def _press(self, typed: str) -> None:
        before = self._state
        self._state, wish = pressed(before, typed, self._view.rows)
        if wish == "quit":
            raise KeyboardInterrupt
        if wish is not None:
            self._state = replace(self._state, answer=self._asked(wish))
        if self._state.inside != before.inside:
            self._open_view()
            return
        self._arrange()
        if _CHOSEN(self._state) != _CHOSEN(before):
            self._log, self._case, self._hurry = [], ((), ()), True
        self._hurry |= self._state.status != before.status

    def _open_view(self) -> None:
        """Another source is read from now on: a workflow's, or that of all."""
        inside, self._reader = self._state.inside, self._whole
        if inside is not None and self._workflow is not None:
            self._reader = self._workflow(inside)
        self._log, self._hurry = [], True

    def _read(self, reader: Reader, state: WatchState) -> tuple[View, list[Body], Case]:
        view = replace(reader.read(state.status), **self._head)
        if self._seen.at is not None and time.monotonic() >= self._head_at:
            self._read_head(view)  # after the first rows
        rows = arranged(state, view, self._locale).rows
        task = selected(settled(state, rows), rows)
        case: Case = ((), ())
        if task is None or task.workflow_id or task.key == FOLD or view.trouble:
            return view, [], case  # what does not answer is asked once an interval
        try:
            timeline = self._source.timeline(task.task_id) if state.case else None
            if timeline is not None and (body := self._source.task(task.task_id)) is not None:
                newest_first = {"gone": 0, "entries": timeline["entries"][::-1]}
                facts = printing.of_record(body, self._source.now(), self._locale)
                case = tuple(facts), tuple(printing.of_timeline(newest_first, self._locale))
            log = state.log or state.case
            return view, self._source.log(task.task_id, None, _LINES) if log else [], case
        except ProgressError:  # the rows show what does not answer
            return view, [], case

    def _read_head(self, view: View) -> None:
        types = Counter(row.task_type for row in view.tasks if row.waits).most_common(_TYPES)
        self._head_at = time.monotonic() + _HEAD_S
        try:
            head: dict[str, Any] = {"workers": self._source.workers(), "waiting": {}}
            for name, _ in types if self._state.opens else ():
                asked = ListRequest(status=TaskStatus.CREATED, task_type=name, limit=1)
                head["waiting"][name] = self._source.tasks(asked)["pagination"]["total"] or 0
            if self._state.opens:
                ended = map(RecordRow.of, self._source.tasks(ListRequest(sort=BY_END))["tasks"])
                head["over"] = tuple(row for row in ended if row.workflow is None)
            self._head = head
        except SettingsError:  # the token may not read them
            self._head_at = math.inf
        except ProgressError:  # the rows show what does not answer
            return

    def _asked(self, wish: Command) -> str:
        """Asks for what a key asks for; one line of what comes of it."""
        row = selected(self._state, self._view.rows)
        if row is None:
            return ""
        if wish == "open":
            return self._open(row)
        assert wish != "quit"
        if self._view.trouble is not None:
            return self._text("not_asked")
        if self._acting is None:
            self._acting = in_thread(partial(self._act, row, wish))
            wait([self._acting], _SOON_S)
        return self._answer()

    def _answer(self) -> str:
        """What has come of the act; where nothing has yet, that it waits."""
        acting = self._acting
        if acting is None or not acting.done():
            return self._text("asks")
        self._acting, self._hurry = None, True
        return acting.result()

    def _act(self, row: RecordRow, action: Action | Literal["again", "stack"]) -> str:
        """Asks a row's task, or all tasks of its workflow; one line of what comes of it."""
        source, code = self._source, ""
        about = {"name": formats.name(row), "action": self._text(action)}
        try:
            if action == "again" or action == "stack":
                if row.workflow_id:
                    return self._text("refused", **about, why=self._text("of_tasks_only"))
                (source.again if action == "again" else source.request_stack)(row.task_id)
            elif row.workflow_id:
                source.act_on_workflow(row.task_id, action)
            else:
                for refused in source.act(action, [row.task_id])["refused"]:
                    code = refused["code"].replace("_", " ")
        except TransitionRefused as error:
            code = error.status
        except ProgressError as error:
            return formats.clean(str(error))
        if not code:
            return self._text("asked_of", **about)
        return self._text("refused", **about, why=formats.word(self._locale, code))

    def _open(self, row: RecordRow) -> str:
        kind = "workflow" if row.workflow_id else "task"
        path = f"/{kind}/{quote(row.task_id, safe='')}"
        if self._page is None:
            return self._text("no_page", path=path)
        address = self._page.rstrip("/") + path
        # In a process without this terminal: some browsers would take its screen and its keys.
        self._browser = subprocess.Popen(
            [sys.executable, "-m", "webbrowser", address],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self._text("opened", address=address)

    def _draw(self) -> None:
        from .app_screen import AppScreen  # of rich, which the bars have already

        of_row, address = (self._log, self._case), self._source.address
        self._bars.draw(AppScreen(self._view, self._locale, self._state, *of_row, address))

    def _text(self, key: str, /, **values: object) -> str:
        return formats.text(self._locale, key, **values)

    def __enter__(self) -> Self:
        # The terminal's keys are given back last: after the bars.
        self._opened.enter_context(self._keys)
        self._opened.enter_context(self._bars)
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()
        if self._acting is not None:
            wait([self._acting], _LAST_S)
