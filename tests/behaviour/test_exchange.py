"""The held connection: the same replies and errors as the client's own way, also when it breaks."""

import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from progress_backend.store.bounded_connection import Deadline
from progress_backend.store.exchange import Exchange
from tests.conftest import StartServer
from tests.strangers import OtherServer
from tests.waiting import eventually


@pytest.fixture
def client(server_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server_url, socket_timeout=60, retry=Retry(NoBackoff(), 0)) as client:
        yield client


def test_replies_are_the_clients_own(client: redis.Redis) -> None:
    exchange = Exchange(client, Deadline(60))
    assert exchange.ask(("SET", "a", "値")) == [b"OK"]
    assert exchange.ask(("GET", "a")) == ["値".encode()]
    assert exchange.ask(("EVAL", "return {0, 'x', false}", 0)) == [[0, b"x", None]]


def test_one_connection_serves_all_requests(client: redis.Redis) -> None:
    exchange = Exchange(client, Deadline(60))
    ids = {exchange.ask(("CLIENT", "ID"))[0] for _ in range(20)}
    assert len(ids) == 1


def test_a_connection_that_the_server_closed_is_replaced_unnoticed(client: redis.Redis) -> None:
    exchange = Exchange(client, Deadline(60))
    (held,) = exchange.ask(("CLIENT", "ID"))
    client.client_kill_filter(_id=str(held))
    assert exchange.ask(("CLIENT", "ID")) != [held]


def test_who_finds_it_busy_does_not_wait(client: redis.Redis) -> None:
    exchange = Exchange(client, Deadline(60))
    exchange.ask(("ECHO", "a"))
    blocked = threading.Thread(target=exchange.ask, args=(("BLPOP", "list", 50),))
    blocked.start()
    try:
        while not any(one["cmd"] == "blpop" for one in client.client_list()):
            assert blocked.is_alive()
        assert exchange.ask(("ECHO", "meanwhile")) == [b"meanwhile"]
        assert blocked.is_alive()
    finally:
        client.rpush("list", "go on")
        blocked.join()


def test_a_hanging_server_costs_one_timeout_and_its_late_reply_is_dropped(
    start_server: StartServer,
) -> None:
    server = start_server()
    retry = Retry(NoBackoff(), 0)
    with redis.Redis.from_url(server.url, retry=retry) as client:
        exchange = Exchange(client, deadline := Deadline(20))
        exchange.ask(("ECHO", "before"))
        server.pause()
        with deadline.within(0.3), pytest.raises(redis.exceptions.TimeoutError):
            exchange.ask(("ECHO", "late"))
        server.resume()
        assert exchange.ask(("ECHO", "after")) == [b"after"]


class Interrupted(BaseException):
    """As a soft time limit's signal raises it, or Ctrl-C."""


@pytest.mark.parametrize("sent_before", [0, 1])
def test_an_interrupted_calls_reply_is_dropped(client: redis.Redis, sent_before: int) -> None:
    held = Exchange(client, Deadline(60))
    for _ in range(sent_before):
        held.ask(("ECHO", "held from then on"))

    def interrupt(*_: object) -> None:
        raise Interrupted

    def interrupt_once_it_is_blocked() -> None:
        # Raised before that, it could end in a finalizer, which no caller sees.
        eventually(lambda: client.info("clients")["blocked_clients"] > 0, what="it has been sent")
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)

    before = signal.signal(signal.SIGALRM, interrupt)
    interrupting = threading.Thread(target=interrupt_once_it_is_blocked)
    interrupting.start()
    try:
        with pytest.raises(Interrupted):
            held.ask(("BLPOP", "nothing", 50))
    finally:
        interrupting.join()
        signal.signal(signal.SIGALRM, before)
    assert client.echo("mine") == b"mine"
    assert held.ask(("ECHO", "mine too")) == [b"mine too"]


def test_a_health_check_that_the_url_asks_for_is_made(server_url: str) -> None:
    checked = redis.Redis.from_url(server_url, health_check_interval=0.05)
    with checked, redis.Redis.from_url(server_url) as client:
        held = Exchange(checked, Deadline(60))
        held.ask(("ECHO", "a"))
        before = client.info("commandstats").get("cmdstat_ping", {"calls": 0})["calls"]
        time.sleep(0.06)  # redis-py checks only after this much silence, by its own clock
        held.ask(("ECHO", "b"))
        assert client.info("commandstats")["cmdstat_ping"]["calls"] > before


def test_requests_that_are_sent_together_are_answered_in_their_order(client: redis.Redis) -> None:
    exchange = Exchange(client, Deadline(60))
    committed = ("EVAL", "return {1}", 0)
    assert exchange.ask(committed, committed, ("ECHO", "a"), committed) == [[1], [1], b"a", [1]]
    with pytest.raises(redis.exceptions.ResponseError, match="wrong number"):
        exchange.ask(committed, ("ECHO",), ("SET", "done", "1"), committed)
    assert exchange.ask(("GET", "done"), committed) == [b"1", [1]]


def test_a_reply_may_come_in_many_pieces(client: redis.Redis) -> None:
    exchange, large = Exchange(client, Deadline(60)), "x" * 1_000_000
    assert exchange.ask(("SET", "large", large), ("GET", "large")) == [b"OK", large.encode()]


def test_a_master_that_is_none_any_more_is_left(start_server: StartServer) -> None:
    server = start_server()
    with redis.Redis.from_url(server.url, retry=Retry(NoBackoff(), 0)) as client:
        exchange = Exchange(client, Deadline(60))
        (held,) = exchange.ask(("CLIENT", "ID"))
        client.replicaof("127.0.0.1", 1)
        with pytest.raises(redis.exceptions.ReadOnlyError):
            exchange.ask(("SET", "a", 1), ("ECHO", "b"))
        client.replicaof("NO", "ONE")
        assert exchange.ask(("CLIENT", "ID")) != [held]


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", redis.exceptions.InvalidResponse),
        (b"*2\r\n:1\r\n$3\r\nab", redis.exceptions.ConnectionError),
    ],
)
def test_an_incomplete_or_wrong_reply_raises(sent: bytes, error: type[Exception]) -> None:
    def answer(connection: socket.socket) -> None:
        while b"ECHO" not in (asked := connection.recv(65_536)):
            connection.sendall(b"+OK\r\n" * asked.count(b"SETINFO"))
        connection.sendall(sent)

    with OtherServer(answer) as there, redis.Redis.from_url(there.url, protocol=2) as client:
        with pytest.raises(error):
            Exchange(client, Deadline(60)).ask(("ECHO", "a"))
