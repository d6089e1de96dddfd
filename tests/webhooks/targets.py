"""Webhook targets for tests, and a receiver of events on loopback."""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from standardwebhooks import Webhook

from progress_backend.record.webhook_target import Target, read
from tests.answering import answer as respond
from tests.answering import answering

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()


def spec(name: str = "ops", url: str = "https://ops.example.com/hook", **given: Any) -> str:
    """The setting's text for one target."""
    return json.dumps([{"name": name, "url": url, "secret": SECRET, **given}])


def target(url: str, **given: Any) -> Target:
    (found,) = read(spec(url=url, **{"allow_private": True, **given}))
    return found


class Receiver:
    """What a receiver got: each request is verified by the library that receivers use."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], int]) -> None:
        self.answer = answer
        self.url = ""
        self.events: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.bodies: list[bytes] = []

    @property
    def ids(self) -> Counter[str]:
        """How often each event came."""
        return Counter(event["id"] for event in self.events)

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


@contextmanager
def receiving(
    answer: Callable[[BaseHTTPRequestHandler], int] = lambda _: 204, secret: str = SECRET
) -> Iterator[Receiver]:
    """A receiver; `answer` gives the status of each answer, 0: it has answered itself."""
    receiver = Receiver(answer)

    def received(request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(length := int(request.headers["Content-Length"]))
        if len(body) < length:
            return  # its sender has been killed
        receiver.bodies.append(body)
        try:
            event = Webhook(secret).verify(body, dict(request.headers))
            assert event["id"] == request.headers["webhook-id"]
            assert request.headers["Content-Type"] == "application/cloudevents+json"
            receiver.events.append(event)
        except Exception as error:
            receiver.faults.append(repr(error))
        if status := receiver.answer(request):
            respond(request, status)

    with answering("HTTP/1.1", POST=received) as url:
        receiver.url = f"{url}/hook"
        yield receiver
