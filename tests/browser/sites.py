"""A site of another origin than the API's, with a policy as strict as a careful site's."""

from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import Protocol

from tests.answering import answer, answering

#: No inline style or script, no eval.
POLICY = (
    "default-src 'none'; script-src {api}; connect-src {api} {ws}; style-src 'none'; "
    "base-uri 'none'; form-action 'none'"
)
PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>A shop</title>
<script type="module" src="{api}/static/task-progress.js"></script>
<body><h1>Order</h1>{body}</body></html>"""


class Served(Protocol):
    """An API, or a line to one."""

    port: int


class Site(ExitStack):
    """Serves one page; a call makes the page and is its address."""

    def __init__(self) -> None:
        super().__init__()
        self._served = "", "default-src 'none'"
        self.origin = self.enter_context(answering(GET=self._answer))
        self.port = int(self.origin.rpartition(":")[2])

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        text, policy = self._served if request.path == "/" else ("", "default-src 'none'")
        head = {"Content_Type": "text/html", "Content_Security_Policy": policy}
        answer(request, 200 if text else 404, text.encode(), **head)

    def __call__(self, body: str, api: Served, *, lang: str = "en", policy: str = POLICY) -> str:
        address = f"http://127.0.0.1:{api.port}"
        page = PAGE.format(lang=lang, api=address, body=body)
        self._served = page, policy.format(api=address, ws=address.replace("http", "ws"))
        return self.origin
