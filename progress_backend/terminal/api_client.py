"""The terminal as a client of an API (`progress-backend serve`), with a token where it asks for
one."""

from __future__ import annotations

import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from ..errors import (
    InvalidEvent,
    ProgressError,
    SettingsError,
    StoreUnavailable,
    TransitionRefused,
)
from ..record.json_text import dumps

#: Bytes of an answer that are read at most; a page of 100 rows has less than a tenth.
_MOST: Final = 64 * 1024 * 1024
_JSON: Final = "application/json"
_NO_TOKEN: Final = 401
_UNKNOWN: Final = 404
_FORBIDDEN: Final = 403
_CONFLICT: Final = 409
_INVALID: Final = 422
_TOO_MANY: Final = 429


class TooMany(StoreUnavailable):
    """The API takes no more of this client's requests for now; nothing was changed.

    Attributes:
        again_s: seconds after which it may be asked again.
    """

    def __init__(self, what: str, again_s: float) -> None:
        super().__init__(what)
        self.again_s = again_s


class ApiClient:
    """The API at a URL."""

    def __init__(self, url: str, timeout_s: float, token: str | None = None) -> None:
        """Names the API; nothing is read yet.

        Raises:
            SettingsError: the URL is not one of HTTP, or the token cannot be sent.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"--url takes the address of an API, http://HOST:PORT, not {url!r}")
        if token is not None and not (token.isascii() and token.isprintable()):
            raise SettingsError("the token has characters that cannot be sent in a header")
        self.base: Final = url.rstrip("/")
        self._timeout_s = timeout_s
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._date: datetime | None = None

    def now(self) -> datetime:
        """The time of the API's last answer, to the second; this machine's before that."""
        return (self._date or datetime.now().astimezone()).astimezone()

    def status(self, kind: str, its_id: str) -> bytes | None:
        """The body of a task or workflow; None if there is none.

        Raises:
            StoreUnavailable: as `ask`.
            SettingsError: as `ask`.
        """
        return self.ask("GET", f"/internal/{kind}/{quote(its_id, safe='')}/status")

    def listed(self, what: str, query: dict[str, Any]) -> dict[str, Any]:
        """A page of `tasks` or `workflows`; values of None are left out of the query.

        Raises:
            StoreUnavailable: as `ask`, or the API has no such list.
            SettingsError: as `ask`.
        """
        given = {name: value for name, value in query.items() if value is not None}
        found = self.ask("GET", f"/internal/{what}?{urlencode(given)}")
        if found is None:
            raise StoreUnavailable(f"{self.base} is no API of this version: it has no {what}")
        body: dict[str, Any] = json.loads(found)
        return body

    def ask(self, method: str, path: str, body: object = None) -> bytes | None:
        """The body of a 200; None for a 404.

        Raises:
            StoreUnavailable: there is no answer, or another one; `TooMany` of a 429.
            SettingsError: 401 or 403, the token is not known or may not do this.
            TransitionRefused: 409, the task's status does not allow it.
            InvalidEvent: 422, what is asked for does not go together.
        """
        headers = self._headers | ({} if body is None else {"Content-Type": "application/json"})
        content = None if body is None else dumps(body).encode()
        # S310 and B310 warn of file: and other schemes; that of the base was checked.
        request = Request(self.base + path, content, headers, method=method)  # noqa: S310
        try:
            with urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310  # nosec B310
                kind = answer.headers.get_content_type()
                if kind != _JSON:  # of a proxy's log-in page, for example
                    raise StoreUnavailable(f"{self.base} is no API: it answers with {kind}")
                found: bytes = answer.read(_MOST)
                if date := answer.headers.get("Date"):
                    self._date = parsedate_to_datetime(date)
        except HTTPError as error:
            with error:
                if error.code == _UNKNOWN:
                    return None
                said = error.read(1_000).decode(errors="replace")
            refused = self._refused(error.code, said)
            if error.code == _TOO_MANY:
                again = error.headers.get("Retry-After") or ""
                refused = TooMany(str(refused), float(again) if again.isdecimal() else 1.0)
            raise refused from error
        except (URLError, OSError, HTTPException, ValueError) as error:
            raise StoreUnavailable(f"{self.base} does not answer: {error}") from error
        return found

    def _refused(self, code: int, said: str) -> ProgressError:
        try:
            body = json.loads(said)
            detail, status = str(body["detail"]), str(body.get("status"))
        except (ValueError, TypeError, LookupError, AttributeError):
            detail, status = said, ""
        if code == _NO_TOKEN:
            return SettingsError(
                f"{self.base} asks for a token (--token, PROGRESS_TOKEN): {detail}"
            )
        if code == _FORBIDDEN:
            return SettingsError(f"{self.base} does not allow it: {detail}")
        if code == _CONFLICT:
            return TransitionRefused(detail, status)
        if code == _INVALID:
            return InvalidEvent(detail)
        return StoreUnavailable(f"{self.base} answers {code}: {said}")
