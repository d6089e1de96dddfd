"""Where the terminal reads workflows: an API at a URL (`progress-backend serve`)."""

from __future__ import annotations

import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import urlopen

from ..errors import SettingsError, StoreUnavailable
from ..record.json_text import dumps
from .workflow_source import Members, WorkflowSource

#: Bytes of an answer that are read at most; a page of 100 rows has less than a tenth.
_MOST: Final = 64 * 1024 * 1024


class ApiWorkflows(WorkflowSource):
    """The workflows that an API answers with."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Names the API; nothing is read yet.

        Raises:
            SettingsError: the URL is not one of HTTP.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"--url takes the address of an API, http://HOST:PORT, not {url!r}")
        self._base = url.rstrip("/")
        self._timeout_s = timeout_s
        self._date: datetime | None = None

    def workflow(self, workflow_id: str) -> bytes | None:
        """See `WorkflowSource`."""
        return self._get(f"/internal/workflow/{quote(workflow_id, safe='')}/status")

    def members(self, workflow_id: str, status: str | None, limit: int) -> Members:
        """See `WorkflowSource`."""
        query: dict[str, Any] = {"workflow_id": workflow_id, "limit": limit}
        body = self._json("/internal/tasks", query | ({"status": status} if status else {}))
        found = tuple(dumps(row).encode() for row in body["tasks"])
        return Members(found, body["summary"], body["pagination"]["total"])

    def page(self, page: int, limit: int) -> tuple[list[bytes], int]:
        """See `WorkflowSource`."""
        body = self._json("/internal/workflows", {"page": page, "limit": limit})
        rows = [dumps(row).encode() for row in body["workflows"]]
        return rows, body["pagination"]["total"]

    def now(self) -> datetime:
        """The time of the API's last answer, to the second; this machine's before that."""
        return (self._date or datetime.now().astimezone()).astimezone()

    def _json(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        found = self._get(f"{path}?{urlencode(query)}")
        if found is None:
            raise StoreUnavailable(f"{self._base} is no API of this version: it has no {path}")
        body: dict[str, Any] = json.loads(found)
        return body

    def _get(self, path: str) -> bytes | None:
        """The body of a 200; None for a 404.

        Raises:
            StoreUnavailable: there is no answer, or another one.
        """
        try:
            # Its scheme was checked.
            with urlopen(self._base + path, timeout=self._timeout_s) as answer:  # noqa: S310
                body: bytes = answer.read(_MOST)
                if date := answer.headers.get("Date"):
                    self._date = parsedate_to_datetime(date)
        except HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                said = error.read(1_000).decode(errors="replace")
            raise StoreUnavailable(f"{self._base} answers {error.code}: {said}") from error
        except (URLError, OSError, HTTPException, ValueError) as error:
            raise StoreUnavailable(f"{self._base} does not answer: {error}") from error
        return body
