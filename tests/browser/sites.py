"""A site of another origin than the API's, with a policy as strict as a careful site's."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Protocol, Self

from tests.ports import free_port

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


class Site:
    """Serves one page; a call makes the page and is its address."""

    def __init__(self) -> None:
        page = self._served = {"/": ("", "default-src 'none'")}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                text, policy = page.get(self.path, ("", "default-src 'none'"))
                self.send_response(200 if text else 404)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self.port = self._server.server_port
        self.origin = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def __call__(self, body: str, api: Served, *, lang: str = "en", policy: str = POLICY) -> str:
        address = f"http://127.0.0.1:{api.port}"
        page = PAGE.format(lang=lang, api=address, body=body)
        self._served["/"] = page, policy.format(api=address, ws=address.replace("http", "ws"))
        return self.origin
