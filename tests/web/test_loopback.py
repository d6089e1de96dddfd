"""Which requests come from this machine: what servers and proxies say of them."""

from typing import Any

import pytest

from progress_backend.web.access import is_from_here

HERE = ("127.0.0.1", 8004)
FILE = ("/run/progress.sock", None)


def scope(
    server: tuple[str, int | None] | None = HERE,
    client: tuple[str, int] | None = ("127.0.0.1", 50_000),
    *headers: tuple[str, str],
) -> dict[str, Any]:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {"server": server, "client": client, "headers": [(b"host", b"a"), *pairs]}


@pytest.mark.parametrize(
    ("server", "client", "here"),
    [
        (HERE, ("127.0.0.1", 1), True),
        (HERE, ("127.9.9.9", 1), True),
        (("::1", 8004, 0, 0), ("::1", 1), True),
        (("::ffff:127.0.0.1", 8004), ("::ffff:127.0.0.1", 1), True),
        (FILE, None, True),
        (FILE, ("127.0.0.1", 0), True),
        (FILE, ("192.0.2.2", 0), False),
        (("10.0.0.5", 8004), ("10.0.0.5", 1), False),
        # uvicorn has replaced the client by one that a header names, of a proxy that it trusts.
        (("10.0.0.5", 8004), ("127.0.0.1", 0), False),
        (("2001:db8::1", 8004), ("::1", 1), False),
        (HERE, ("192.0.2.2", 0), False),
        (HERE, ("::ffff:192.0.2.2", 0), False),
        (HERE, ("unknown", 0), False),
        (HERE, ("testclient", 50_000), False),
        (("testserver", 80), ("testclient", 50_000), False),
        (("localhost.evil.test", 80), ("127.0.0.1", 1), False),
        (HERE, None, False),
        (None, None, False),
        (None, ("127.0.0.1", 1), False),
    ],
)
def test_server_and_client_are_on_loopback(server: Any, client: Any, here: bool) -> None:
    assert is_from_here(scope(server, client)) is here


LOOPBACK = (
    *("127.0.0.1", "127.0.0.1:4711", " 127.8.8.8 ", "::1", "[::1]", "[::1]:4711", '"[::1]:4711"'),
    *('"127.0.0.1:4711"', "::ffff:127.0.0.1", "[::ffff:7f00:1]:1"),
)
OTHERS = (
    *("192.0.2.2", "192.0.2.2:4711", "2001:db8::1", "[2001:db8::1]:1", '"[2001:db8::1]"'),
    *("::ffff:192.0.2.2", "::1:4711", "unknown", "_hidden", '"_hidden"', "localhost", "é", ""),
    *("127.0.0.1x", "[::1]x", "[::1", "[::1]:", '"127.0.0.1', "127.0.0.1:80:90", "127.0.0.1 x"),
    *("127.1", "0x7f.0.0.1", "2130706433", ":" * 60_000, "[" * 60_000),
)


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-real-ip"])
@pytest.mark.parametrize("server", [(HERE, ("127.0.0.1", 1)), (FILE, None)])
def test_each_client_of_a_list_is_on_loopback(name: str, server: tuple[Any, Any]) -> None:
    for good in LOOPBACK:
        assert is_from_here(scope(*server, (name, good))), good
        assert is_from_here(scope(*server, (name, f"{good}, 127.0.0.1"), (name, good))), good
        for bad in OTHERS:
            for values in ((bad,), (f"{good},{bad}",), (f"{bad}, {good}",), (good, bad, good)):
                headers = [(name, value) for value in values]
                assert not is_from_here(scope(*server, *headers)), (good, bad)


@pytest.mark.parametrize("server", [(HERE, ("127.0.0.1", 1)), (FILE, None)])
def test_each_part_of_forwarded_has_a_client_on_loopback(server: tuple[Any, Any]) -> None:
    def here(*values: str) -> bool:
        return is_from_here(scope(*server, *(("forwarded", value) for value in values)))

    for good in LOOPBACK:
        for one in (f"for={good}", f"proto=http; FOR = {good} ;by=192.0.2.1"):
            assert here(one), one
            assert here(f"{one}, {one}", one), one
            for bad in (*(f"for={other}" for other in OTHERS), "proto=https", "by=127.0.0.1", "x"):
                for values in ((bad,), (f"{one},{bad}",), (f"{bad};by=a, {one}",), (one, bad)):
                    assert not here(*values), values
            assert not here(f"{one};for=192.0.2.2")
            # A client cannot take a proxy's part into a quoted text of its own.
            assert not here(f'{one};by=", for=192.0.2.2')
