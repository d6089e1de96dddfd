"""TCP connections to webhook receivers: to an address that was checked, and bounded as a whole."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from functools import lru_cache
from typing import Any, Final

import httpcore

from ..daemon import daemon

#: The IPv6 addresses of the internet. All else is local, reserved or a form that only translators
#: use (fec0::/10, ::ffff:0:a.b.c.d, 64:ff9b:1::/48), of which Python's versions know different
#: parts.
_UNICAST: Final = ipaddress.ip_network("2000::/3")
#: Those with an IPv4 address as their last four bytes, which is checked in their place.
_TRANSLATED: Final = [*map(ipaddress.ip_network, ("64:ff9b::/96", "::ffff:0:0/96"))]
#: What `is_global` lets pass in some version of Python: protocol assignments, the 6to4 relay,
#: documentation, and the address at which each machine of Azure has its host's services.
_LOCAL: Final = ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "168.63.129.16/32")
_ELSEWHERE: Final = [*map(ipaddress.ip_network, _LOCAL)]
#: The third quarter of an ISATAP address, which tunnels to an IPv4 address, as 6to4 and Teredo do.
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
#: Addresses of one name that are tried.
_ADDRESSES: Final = 4
#: Threads that resolve one name, and what bounds them: one that hangs takes none of another's.
_RESOLVERS: Final = 4
_resolvers = lru_cache(256)(lambda _: threading.BoundedSemaphore(_RESOLVERS))
#: Seconds for one connect, so that a second address gets a try.
_CONNECT_S: Final = 5.0


class Checked(httpcore.NetworkBackend):
    """Connects to the addresses of a name, which is resolved once: what was checked is what the
    connection goes to. All calls of its streams end within so many seconds."""

    def __init__(self, seconds: float, *, allow_private: bool) -> None:
        self._until = time.monotonic() + seconds
        self._allow_private = allow_private

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Connects to the first address of a host that answers.

        Raises:
            PermissionError: one of the addresses is none of the internet.
            httpcore.ConnectError, httpcore.ConnectTimeout: no address can be connected to.
        """
        addresses = _resolved(host, port, self._until)
        if not self._allow_private:
            for address in addresses:
                refuse_private(address)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses[:_ADDRESSES]:
            limit = min(_CONNECT_S, _left_s(self._until))
            try:
                stream = httpcore.SyncBackend().connect_tcp(address, port, limit)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._until)
        raise failure


class _Stream(httpcore.NetworkStream):
    """A stream with calls that end with the delivery's time."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receives bytes; b"" at the end."""
        return self._stream.read(max_bytes, _left_s(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends all bytes."""
        self._stream.write(buffer, _left_s(self._until))

    def close(self) -> None:
        """Closes the socket."""
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a stream."""
        return self._stream.get_extra_info(info)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, *_: Any, **__: Any
    ) -> httpcore.NetworkStream:
        """Begins TLS; the certificate has to be one of the URL's name."""
        secured = self._stream.start_tls(ssl_context, server_hostname, _left_s(self._until))
        return _Stream(secured, self._until)


def _resolved(host: str, port: int, until: float) -> list[str]:
    """The addresses of a name. The system's resolver takes no time limit: it runs in a thread that
    is left behind at the end of the delivery's time.

    Raises:
        OSError: there are none, or not in time.
    """
    free, found = _resolvers(host), Future[list[Any]]()

    def resolve() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:
            found.set_exception(error)
        finally:
            free.release()

    if not free.acquire(timeout=_left_s(until)):
        raise TimeoutError("the name is not resolved in time, as often before")
    if daemon("progress-webhook-resolver", resolve) is None:
        free.release()
        raise OSError("there is no thread left that resolves the name")
    try:
        return list(dict.fromkeys(str(one[4][0]) for one in found.result(_left_s(until))))
    except TimeoutError:
        raise TimeoutError("the name is not resolved in time") from None


def _left_s(until: float) -> float:
    """Seconds until a time of the monotonic clock.

    Raises:
        TimeoutError: none are left.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the receiver took too long")
    return left


def refuse_private(address: str) -> None:
    """Refuses an address that is not one of the internet: private, loopback, link-local, shared,
    reserved, or an IPv6 address that stands for such an IPv4 address or tunnels to one.

    Raises:
        PermissionError: the address, and the setting that allows it.
    """
    # A zone such as fe80::1%eth0 is of a link-local address.
    ip = ipaddress.ip_address(address.partition("%")[0])
    if any(ip in network for network in _TRANSLATED):
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    elsewhere = any(ip in network for network in _ELSEWHERE)
    if isinstance(ip, ipaddress.IPv6Address):
        tunnels = ip.sixtofour or ip.teredo or int(ip) >> 32 & 0xFFFF_FFFF in _ISATAP
        elsewhere |= bool(tunnels) or ip not in _UNICAST
    if elsewhere or not ip.is_global or ip.is_multicast:
        raise PermissionError(f"{address} is not a public address; allow_private permits it")
