"""HTTP servers on loopback that answer as a test says, in the place of those that are others'."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A client has been killed, or has read enough."""


@contextmanager
def answering(
    protocol: str = "HTTP/1.0", **methods: Callable[[BaseHTTPRequestHandler], object]
) -> Iterator[str]:
    """The address of a server that answers each method so."""
    answers = {
        f"do_{name}": lambda request, call=call: call(request) for name, call in methods.items()
    }
    quiet = {"protocol_version": protocol, "log_message": lambda *_: None}
    handler = type("Handler", (BaseHTTPRequestHandler,), {**answers, **quiet})
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def answer(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    """Answers with these headers, `_` for `-`, and the body's length."""
    request.send_response(status)
    for name, value in {**headers, "Content_Length": str(len(body))}.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)
