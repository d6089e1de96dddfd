"""An API as the terminal asks it, over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ..errors import (
    InvalidEvent,
    ProgressError,
    SettingsError,
    StoreUnavailable,
    TransitionRefused,
)
from ..record.default_texts import Locale
from ..record.json_text import dumps
from .source import Body, Source

#: Bytes of an answer that are read at most; a page of 100 rows has less than a tenth.
_MOST: Final = 64 * 1024 * 1024
_JSON: Final = "application/json"
#: The body of FastAPI's 404 for a path without a route.
_NO_ROUTE: Final = '{"detail":"Not Found"}'
#: Seconds without a byte of an answer at most, and of a whole one.
_ANSWER_S: Final = 3.0
#: The same of a start: the API waits for another one with its key, then for the broker.
_START_S: Final = 10.0
_WHOLE_S: Final = 30.0
_PIECE: Final = 64 * 1024


class _SameOrigin(HTTPRedirectHandler):
    """Follows redirects within a server alone: urllib sends the token to the next one too."""

    def redirect_request(self, req: Request, fp: Any, *of_answer: Any) -> Request | None:
        """The next request.

        Raises:
            SettingsError: it would go to another scheme, host or port.
        """
        here, there = (urlsplit(url)[:2] for url in (req.full_url, of_answer[-1]))
        if here != there:
            fp.close()
            raise SettingsError(
                f"{'://'.join(here)} redirects to {'://'.join(there)}, which gets no request: "
                "--url takes the address of the API itself"
            )
        return super().redirect_request(req, fp, *of_answer)


class ApiClient(Source):
    """An API, asked by HTTP; each request has a connection of its own."""

    def __init__(self, url: str, token: str | None, locale: Locale = "en") -> None:
        super().__init__(url, locale, url)
        try:
            parts = urlsplit(url)
        except ValueError:  # of [, for example
            parts = urlsplit("")
        known = parts.scheme in ("http", "https") and parts.hostname
        if not known or parts.query or parts.fragment:
            raise SettingsError(f"--url takes the address of an API, http://HOST:PORT, not {url!r}")
        if token is not None and not (token.isascii() and token.isprintable()):
            raise SettingsError("the token has characters that cannot be sent in a header")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._open = build_opener(_SameOrigin).open

    def __exit__(self, *_: object) -> None:
        """There is nothing to close."""

    def ask(
        self, method: str, path: Sequence[str], given: dict[str, Any], key: str | None = None
    ) -> tuple[Body | None, datetime | None]:
        """See `Source.ask`."""
        place = f"/internal/{'/'.join(quote(part, safe='') for part in path)}"
        starts = path[0] == "jobs" or path[-1] == "again"
        headers, content = self._headers, None
        if key is not None:
            if not (key.isascii() and key.isprintable()):
                raise InvalidEvent("an Idempotency-Key has printable ASCII characters alone")
            headers = headers | {"Idempotency-Key": key}
        if method != "GET":
            headers, content = headers | {"Content-Type": _JSON}, dumps(given).encode()
        elif given:
            query = {n: str(v).lower() if isinstance(v, bool) else v for n, v in given.items()}
            place += f"?{urlencode(query)}"
        # S310 warns of file: and other schemes; that of the base was checked.
        request = Request(self.address + place, content, headers, method=method)  # noqa: S310
        try:
            return self._answered(request, _START_S if starts else _ANSWER_S)
        except HTTPError as error:
            text = ""
            with error, suppress(OSError, HTTPException):
                text = error.read(1_000).decode(errors="replace")
            # Not a proxy's, nor another application's: the record may be there.
            ours = error.headers.get_content_type() == _JSON and text != _NO_ROUTE
            if error.code == HTTPStatus.NOT_FOUND and len(path) > 1 and ours:
                if not starts:
                    return None, None
                raise SettingsError(f"{self.address}: {detail_of(text)[0]}") from error
            raise self._refused(error.code, text) from error

    def _body(self, answer: HTTPResponse) -> bytes:
        content, until = bytearray(), time.monotonic() + _WHOLE_S
        while len(content) < _MOST and (piece := answer.read1(_PIECE)):
            content += piece
            if time.monotonic() > until:
                raise TimeoutError(f"its answer takes more than {_WHOLE_S:g} s")
        return bytes(content)

    def _answered(self, request: Request, within_s: float) -> tuple[Body, datetime | None]:
        try:
            with self._open(request, timeout=within_s) as answer:
                kind = answer.headers.get_content_type()
                if kind != _JSON:  # of a proxy's log-in page, for example
                    raise StoreUnavailable(f"{self.address} is not an API: it responds with {kind}")
                body: Body = json.loads(self._body(answer))
                date = answer.headers.get("Date")
                at = parsedate_to_datetime(date).astimezone() if date else None
        except (HTTPError, SettingsError):  # an OSError and a ValueError too
            raise
        except (OSError, HTTPException, ValueError) as error:
            why = f"{getattr(error, 'reason', error)}; is progress-backend serve running there?"
            unsent = isinstance(getattr(error, "reason", error), ConnectionRefusedError)
            what = f"{self.address} does not answer: {why}"
            raise StoreUnavailable(what, late=not unsent) from error
        return body, at

    def _refused(self, code: int, text: str) -> ProgressError:
        detail, status = detail_of(text)
        match code:
            case HTTPStatus.UNAUTHORIZED:
                asks = f"{self.address} requires a token (--token, PROGRESS_TOKEN)"
                return SettingsError(f"{asks}: {detail}")
            case HTTPStatus.FORBIDDEN:
                return SettingsError(f"{self.address} does not allow it: {detail}")
            case HTTPStatus.CONFLICT:
                return TransitionRefused(detail, status)
            case HTTPStatus.UNPROCESSABLE_ENTITY:
                return InvalidEvent(detail)
            case HTTPStatus.NOT_FOUND:
                return StoreUnavailable(f"{self.address} is not an API of this version")
        late = code == HTTPStatus.GATEWAY_TIMEOUT
        return StoreUnavailable(f"{self.address} answers {code}: {detail}", late=late)


def detail_of(text: str) -> tuple[str, str]:
    """What a refusal says, and the task's status in it."""
    try:
        body = json.loads(text)
        detail, status = body["detail"], str(body.get("status"))
        if isinstance(detail, list):  # FastAPI's: one for each wrong field
            each = ((".".join(map(str, one["loc"][1:])), one["msg"]) for one in detail)
            return "; ".join(": ".join(filter(None, one)) for one in each), status
        return str(detail), status
    except (ValueError, TypeError, LookupError, AttributeError):
        return text, ""
