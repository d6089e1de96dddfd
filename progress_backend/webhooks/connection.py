"""TCP connections to webhook receivers: to an address that was checked, and bounded as a whole."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any, Final

import httpcore

#: The IPv6 addresses of the internet, and those that stand for an IPv4 address of it: its last four
#: bytes. All else is local, reserved or a form that only translators use (fec0::/10,
#: ::ffff:0:a.b.c.d, 64:ff9b:1::/48), of which Python's versions know different parts.
_UNICAST: Final = ipaddress.ip_network("2000::/3")
_TRANSLATED: Final = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "::ffff:0:0/96")))
#: What `is_global` lets pass in some version of Python: protocol assignments, the 6to4 relay,
#: documentation, and the address at which each machine of Azure has its host's services.
_ELSEWHERE: Final = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "168.63.129.16/32"),
    )
)
#: The third quarter of an ISATAP address: its last four bytes are an IPv4 address.
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Addresses of one name that are tried.
_ADDRESSES: Final = 4
#: Seconds for one connect, so that a second address gets a try.
_CONNECT_S: Final = 5.0


class Refused(Exception):
    """An address that webhooks are not sent to."""


class Deadline:
    """The end of all that one delivery may take, by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left_s(self) -> float:
        """Seconds that are left.

        Raises:
            TimeoutError: none are.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the receiver took too long")
        return left


class Checked(httpcore.NetworkBackend):
    """Connects to the addresses of a name, which is resolved once: what was checked is what the
    connection goes to."""

    def __init__(self, deadline: Deadline, *, allow_private: bool) -> None:
        self._deadline = deadline
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connects to the first address of a host that answers.

        Raises:
            Refused: one of the addresses is none of the internet.
            OSError: no address can be connected to.
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not self._allow_private:
            for address in addresses:
                refuse_private(address)
        failure: OSError = OSError(f"{host} has no address")
        for address in addresses[:_ADDRESSES]:
            try:
                limit = min(_CONNECT_S, self._deadline.left_s())
                return _Stream(socket.create_connection((address, port), limit), self._deadline)
            except OSError as error:
                failure = error
        raise failure


class _Stream(httpcore.NetworkStream):
    """A socket with calls that end with the delivery's deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receives bytes; b"" at the end."""
        self._sock.settimeout(self._deadline.left_s())
        return self._sock.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends all bytes.

        Raises:
            TimeoutError: the receiver took too long.
            httpcore.WriteError: the receiver takes no more; it may have answered before.
        """
        view = memoryview(buffer)
        while view:
            self._sock.settimeout(self._deadline.left_s())
            try:
                view = view[self._sock.send(view) :]
            except TimeoutError:
                raise
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        """Closes the socket."""
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Begins TLS; the certificate has to be one of the URL's name."""
        self._sock.settimeout(self._deadline.left_s())
        try:
            secured = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        except BaseException:
            self.close()
            raise
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a stream."""
        if info == "ssl_object" and isinstance(self._sock, ssl.SSLSocket):
            return self._sock
        return None


def refuse_private(address: str) -> None:
    """Refuses an address that is not one of the internet: private, loopback, link-local, shared,
    reserved, or an IPv6 address that stands for such an IPv4 address.

    Raises:
        Refused: the address, and the setting that allows it.
    """
    # A zone such as fe80::1%eth0 is of a link-local address.
    ip = ipaddress.ip_address(address.partition("%")[0])
    if not all(map(_is_of_the_internet, (ip, *_embedded(ip)))):
        raise Refused(f"{address} is no address of the internet; allow_private allows it")


def _is_of_the_internet(ip: _Address) -> bool:
    if any(ip in network for network in _TRANSLATED):
        return True  # the embedded address decides
    known = ip.version == 4 or ip in _UNICAST
    elsewhere = any(ip in network for network in _ELSEWHERE)
    return known and not elsewhere and ip.is_global and not ip.is_multicast


def _embedded(ip: _Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    found = [one for one in (ip.sixtofour, *(ip.teredo or ())) if one is not None]
    isatap = int(ip) >> 32 & 0xFFFF_FFFF in _ISATAP
    if isatap or any(ip in network for network in _TRANSLATED):
        found.append(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF))
    return found
