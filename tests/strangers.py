"""What may stand at the store's address besides a Redis in good health: a server of another
protocol, and a way to a server that takes its time or falls silent. On loopback, each ends with
its test."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self
from urllib.parse import urlsplit

Serve = Callable[[socket.socket], None]


class OtherServer:
    """Accepts connections and gives each to `serve`, in a thread of its own."""

    def __init__(self, serve: Serve, port: int = 0) -> None:
        self._serve = serve
        self._listening = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = int(self._listening.getsockname()[1])
        self.address = f"127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        self._closed = False
        #: Connections so far.
        self.accepted = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://{self.address}/0"

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # ends what accepts
        self._listening.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Closes the connections there are."""
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.accepted += 1
            self._open.add(connection)
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._serve(connection)
        self._open.discard(connection)


def answering(reply: bytes) -> Serve:
    """Answers whatever comes with these bytes."""

    def serve(connection: socket.socket) -> None:
        while connection.recv(65_536):
            connection.sendall(reply)

    return serve


def greeting(text: bytes) -> Serve:
    """Sends this at once, as a mail or SSH server does, and reads what comes."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(text)
        while connection.recv(65_536):
            pass

    return serve


def silent(connection: socket.socket) -> None:
    """Reads what comes and sends nothing."""
    while connection.recv(65_536):
        pass


def hanging_up(connection: socket.socket) -> None:
    """Closes the connection as soon as something comes."""
    connection.recv(1)


class Way(OtherServer):
    """A way to the server at `url`. All can be changed while it is used; once it has fallen silent,
    connections stay open and nothing comes through.

    `delay_s`: each piece of a reply is this late; `drip_s`: replies come byte by byte, this far
    apart; `takes`: requests are read at all.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._to = (parts.hostname or "", parts.port or 6379)
        self._path = parts.path
        self.delay_s = self.drip_s = 0.0
        self.takes = True
        #: Pieces of requests that came.
        self.requests = 0
        self._silent = False
        self._dead: set[socket.socket] = set()
        super().__init__(self._pass_on)

    @property
    def url(self) -> str:
        return f"redis://{self.address}{self._path}"

    def fall_silent(self) -> None:
        """From now on all that is sent is dropped, over new connections as well."""
        self._silent = True
        self._dead |= self._open

    def pass_again(self) -> None:
        """New connections pass; those that were open stay dead."""
        self._silent = False

    def _pass_on(self, client: socket.socket) -> None:
        if self._silent:
            self._dead.add(client)
        with socket.create_connection(self._to) as server:
            self._open.add(server)
            back = threading.Thread(target=self._bring_back, args=[server, client], daemon=True)
            back.start()
            for data in self._pieces(client):
                self.requests += 1
                if client not in self._dead:
                    server.sendall(data)
            server.shutdown(socket.SHUT_WR)
            back.join()
            self._open.discard(server)

    def _pieces(self, client: socket.socket) -> Iterator[bytes]:
        while True:
            self._until_it_takes()
            if not (data := client.recv(65_536)):
                return
            self._until_it_takes()
            yield data

    def _until_it_takes(self) -> None:
        while not self.takes and not self._closed:
            time.sleep(0.01)

    def _bring_back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65_536):
                if client in self._dead:
                    continue
                time.sleep(self.delay_s)
                if self.drip_s:
                    for byte in data:
                        client.sendall(bytes([byte]))
                        time.sleep(self.drip_s)
                else:
                    client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)
