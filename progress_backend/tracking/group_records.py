"""Creates the records of a group's members in batches: one round trip for many messages."""

from __future__ import annotations

import threading
import time
from typing import Any

from .plans import Canvas, not_sent
from .publish import Publish, current
from .tracker import Tracker

#: Most messages in one batch, and the seconds after its first message until it is sent.
MOST, PATIENCE_S = 100, 0.1


class Batch:
    """A kombu producer that holds messages back, in order, until their tasks' records are created.

    All other attributes are the producer's own.
    """

    def __init__(self, producer: Any, tracker: Tracker) -> None:
        self._producer = producer
        #: Of the app that publishes the group; other apps' members get their records singly.
        self.tracker = tracker
        self._canvas = Canvas(tracker)
        #: Each message with its publish; None where its app is not tracked.
        self._messages: list[tuple[Publish | None, Any, dict[str, Any]]] = []
        self._since = 0.0
        #: Held by the thread that sends the kept messages.
        self._lock = threading.RLock()
        #: The exception of a send in the broker's thread; the publishing thread raises it.
        self._failed: BaseException | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def publish(self, body: Any, **options: Any) -> None:
        """Adds a message to the batch; the arguments are those of `kombu.Producer.publish`."""
        publish = current.publish
        if publish is not None and publish.headers is not options.get("headers"):
            publish = None
        with self._lock:
            now = time.monotonic()
            if not self._messages:
                self._since = now
                self._send_later()
            self._messages.append((publish, body, options))
            if len(self._messages) >= MOST or self._failed or now - self._since > PATIENCE_S:
                self.flush()

    def flush(self, *, last: bool = False) -> None:
        """Creates the records, then publishes the messages. If a publish raises, the tasks of the
        messages that were not sent get failed records. `last`: the group has no more messages."""
        with self._lock:
            messages, self._messages = self._messages, []
            failed, self._failed = self._failed, None
            publishes, sent = [publish for publish, _, _ in messages], 0
            try:
                self._begin([one for one in publishes if one is not None], last=last)
                if failed is not None:
                    raise failed
                for _, body, options in messages:
                    self._producer.publish(body, **options)
                    sent += 1
            except BaseException as error:  # KeyboardInterrupt too, or a time-out of gevent's
                for publish in publishes[sent:]:
                    if publish is not None:
                        not_sent(publish, error)
                raise

    def _begin(self, publishes: list[Publish], *, last: bool) -> None:
        """Creates the records in one round trip."""
        own = [publish for publish in publishes if publish.tracker is self.tracker]
        for publish in own:
            self._canvas.add(publish)
        if (process := self.tracker.process) is not None:
            self._canvas.begin(process, own, last=last)

    def _send_later(self) -> None:
        """Lets the process's thread for the broker send the batch if the generator of the group's
        tasks is slow."""
        if (process := self.tracker.process) is not None:
            process.broker.put(self, self._send_kept, PATIENCE_S)

    def _send_kept(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._send_later()
            return
        try:
            if self._messages and time.monotonic() - self._since >= PATIENCE_S:
                self.flush()
        except BaseException as error:  # raised again in the publishing thread
            self._failed = error
        finally:
            self._lock.release()
