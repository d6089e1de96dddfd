"""An API at a URL (`progress-backend serve`) as the terminal's source, with a token where it asks
for one."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

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
#: How often an API that takes no more acts for now is asked again, at the longest wait.
_TRIES: Final = 10
_LONGEST_S: Final = 60.0


class ApiSource(Source):
    """The API at a URL."""

    def __init__(self, url: str, timeout_s: float, token: str | None, locale: Locale) -> None:
        """Names the API; nothing is read yet.

        Raises:
            SettingsError: the URL is not one of HTTP, or the token cannot be sent.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"--url takes the address of an API, http://HOST:PORT, not {url!r}")
        if token is not None and not (token.isascii() and token.isprintable()):
            raise SettingsError("the token has characters that cannot be sent in a header")
        self.address = self.url = url.rstrip("/")
        self.locale = locale
        self._timeout_s = timeout_s
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._date: datetime | None = None

    def now(self) -> datetime:
        """The time of the API's last answer, to the second; this machine's before that."""
        return (self._date or datetime.now().astimezone()).astimezone()

    def answer(self, method: str, path: Sequence[str], given: Body) -> Body | None:
        """See `Source`.

        Raises:
            StoreUnavailable: there is no answer, or none that is expected.
            SettingsError: 401 or 403, the token is not known or may not do this.
            TransitionRefused: 409, the task's status does not allow it.
            InvalidEvent: 422, what is asked for does not go together.
        """
        known = {name: value for name, value in given.items() if value is not None}
        place = f"/internal/{'/'.join(quote(part, safe='') for part in path)}"
        headers, content = self._headers, None
        if method != "GET":
            headers, content = headers | {"Content-Type": _JSON}, dumps(known).encode()
        elif known:
            query = {n: str(v).lower() if isinstance(v, bool) else v for n, v in known.items()}
            place += f"?{urlencode(query)}"
        # S310 warns of file: and other schemes; that of the base was checked.
        request = Request(self.address + place, content, headers, method=method)  # noqa: S310
        for left in reversed(range(1 if content is None else _TRIES)):
            try:
                return self._answered(request)
            except HTTPError as error:
                with error:
                    text = error.read(1_000).decode(errors="replace")
                if error.code == HTTPStatus.NOT_FOUND and len(path) > 1:
                    return None
                if error.code != HTTPStatus.TOO_MANY_REQUESTS or not left:
                    raise self._refused(error.code, text) from error
                again = error.headers.get("Retry-After") or ""
            again_s = min(float(again) if again.isdecimal() else 1.0, _LONGEST_S)
            print(f"{self.address} takes more in {again_s:g} s: waiting", file=sys.stderr)
            time.sleep(again_s)
        return None

    def _answered(self, request: Request) -> Body:
        try:
            with urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310  # nosec B310
                kind = answer.headers.get_content_type()
                if kind != _JSON:  # of a proxy's log-in page, for example
                    raise StoreUnavailable(f"{self.address} is no API: it answers with {kind}")
                body: Body = json.loads(answer.read(_MOST))
                if date := answer.headers.get("Date"):
                    self._date = parsedate_to_datetime(date)
        except HTTPError:  # an answer, which is an OSError too
            raise
        except (OSError, HTTPException, ValueError) as error:
            raise StoreUnavailable(f"{self.address} does not answer: {error}") from error
        return body

    def _refused(self, code: int, text: str) -> ProgressError:
        try:
            body = json.loads(text)
            detail, status = str(body["detail"]), str(body.get("status"))
        except (ValueError, TypeError, LookupError, AttributeError):
            detail, status = text, ""
        match code:
            case HTTPStatus.UNAUTHORIZED:
                asks = f"{self.address} asks for a token (--token, PROGRESS_TOKEN)"
                return SettingsError(f"{asks}: {detail}")
            case HTTPStatus.FORBIDDEN:
                return SettingsError(f"{self.address} does not allow it: {detail}")
            case HTTPStatus.CONFLICT:
                return TransitionRefused(detail, status)
            case HTTPStatus.UNPROCESSABLE_ENTITY:
                return InvalidEvent(detail)
            case HTTPStatus.NOT_FOUND:
                return StoreUnavailable(f"{self.address} is no API of this version")
        return StoreUnavailable(f"{self.address} answers {code}: {text}")
