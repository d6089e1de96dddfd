"""The API, as an agent's tools send it requests."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import httpx2
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR

from ..terminal.api_client import detail_of
from .texts import plain

#: Seconds without a byte of a response at most, besides those of `Prefer: wait`.
_ANSWER_S: Final = 10.0
_LIMITS: Final = httpx2.Limits(max_connections=200, keepalive_expiry=2)


#: Lines of ours for refusals with a reason that names the task: a user may have chosen its id.
_LINES: Final = {
    403: "the token has no right to this",
    404: "there is no such job",
    409: "the job's status does not allow this",
}


class RequestRefused(Exception):
    """A request that is refused: its status, a line of ours, and the API's reason, which is
    data."""

    def __init__(self, code: int, line: str, reason: str = "") -> None:
        super().__init__(line)
        self.code, self.reason = code, reason


class AgentApi:
    """An API; each request has the token of the agent that it is for."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = httpx2.AsyncClient(limits=_LIMITS, trust_env=False)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def ask(
        self, token: str | None, method: str, *path: str, wait_s: int = 0, **given: Any
    ) -> dict[str, Any]:
        """The JSON of a response; `token` is the header's whole value, `given` is httpx's.

        Raises:
            Refused: the API refuses the request.
            MCPError: there is no response, or the API cannot carry it out now.
        """
        headers = {"Accept-Language": "en", **given.pop("headers", {})}
        headers |= {"Authorization": token} if token else {}
        headers |= {"Prefer": f"wait={wait_s}"} if wait_s else {}
        url = "/".join((self._url, "internal", *(quote(part, safe="") for part in path)))
        try:
            answer = await self._http.request(
                method, url, headers=headers, timeout=_ANSWER_S + wait_s, **given
            )
            if answer.is_success:
                body: dict[str, Any] = answer.json()
                return body
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            known = method == "GET" or isinstance(error, httpx2.ConnectError)
            also = "" if known else "; it is not known whether it carried the request out"
            line = f"the API does not answer: {str(error) or type(error).__name__}{also}"
            raise MCPError(INTERNAL_ERROR, plain(line)) from None
        line = plain(detail_of(answer.text)[0]) or answer.reason_phrase
        if answer.is_client_error:
            code = answer.status_code
            raise RequestRefused(code, _LINES.get(code, line), line if code in _LINES else "")
        raise MCPError(INTERNAL_ERROR, plain(f"the API answers {answer.status_code}: {line}"))
