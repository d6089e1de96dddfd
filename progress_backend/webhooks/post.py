"""One POST of an event to a webhook receiver, signed as Standard Webhooks says."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from functools import cache
from typing import Final, NamedTuple

import httpcore
from standardwebhooks import Webhook

from ..record.webhook_event import CONTENT_TYPE
from ..record.webhook_target import Target
from .connection import Checked

#: Seconds for all of a delivery: name, connect, TLS, request and answer.
TIMEOUT_S: Final = 15.0


class Answer(NamedTuple):
    """What came of an attempt: the HTTP status, or why there is none."""

    status: int | None
    error: str | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver has taken the event."""
        return self.error is None and self.status is not None and 200 <= self.status < 300

    def __str__(self) -> str:
        return self.error or f"HTTP {self.status}"


def post(target: Target, event_id: str, body: bytes, *, timeout_s: float = TIMEOUT_S) -> Answer:
    """Sends an event once; what came of it. Follows no redirect, uses no proxy, and reads of the
    answer no more than its head, within `timeout_s` as a whole."""
    status = error = None
    backend = Checked(timeout_s, allow_private=target.allow_private)
    try:
        with (
            httpcore.ConnectionPool(_tls(), network_backend=backend) as pool,
            pool.stream(
                "POST", target.url, headers=_headers(target, event_id, body), content=body
            ) as response,
        ):
            status = response.status
    except Exception as failure:  # of a library too: an event must not come for ever
        error = f"{type(failure).__name__}: {failure}"
    return Answer(status, error)


@cache
def _tls() -> ssl.SSLContext:
    """The TLS context of all deliveries: reading the authorities takes tens of milliseconds."""
    return httpcore.default_ssl_context()


def _headers(target: Target, event_id: str, body: bytes) -> dict[bytes | str, bytes | str]:
    now = datetime.now(UTC)
    text = body.decode()
    signatures = [Webhook(secret).sign(event_id, now, text) for secret in target.secret]
    return {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": "progress-backend",
        "Accept": "*/*",
        "Connection": "close",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
