from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record import events as ev
from progress_backend.record.json_text import dumps
from progress_backend.record.redaction import KEYS, MASK, Redaction
from tests.strategies import values

SECRET = "hunter2"
REDACTION = Redaction()


def masked(value, redaction: Redaction = REDACTION):
    return redaction.value("results", value)


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("redis://:hunter2@a:6379/0, amqp://guest:h@nter2@b//", "redis://:***@a:6379/0, amqp://guest:***@b//"),
        ("redis://:hun/ter2@a:6379/0", "redis://:***@a:6379/0"),
        ("dbPassword = hunter2; retries=3", "dbPassword = ***; retries=3"),
        ("authorization=Basic aHVudGVyMg==", "authorization=***"),
        ("Set-Cookie: a=hunter2; b=hunter2\nrow 3", "Set-Cookie: ***\nrow 3"),
        ("tokens=2, token=[b'hunter2', 'x'] of bob", "tokens=2, token=*** of bob"),
        ("[(b'authorization', b'token hunter2'), (1, 2)]", "[(b'authorization', ***), (1, 2)]"),
        ("private_key=-----BEGIN K-----\nhunter2\n-----END K----- of b", "private_key=*** of b"),
        ("password='hunter2 and no end", "password=***"),
        ("password: hunter2 of bob, token: 'hunter2'", "password: *** of bob, token: ***"),
        ("PGPASSWORD=hunter2 psql; Uid=b;Pwd=hunter2;", "PGPASSWORD=*** psql; Uid=b;Pwd=***;"),
        ("/a?sig=hunter2&X-Amz-Signature=hunter2#top", "/a?sig=***&X-Amz-Signature=***#top"),
        ("sent Bearer hunter2, got 401", "sent Bearer ***, got 401"),
        ("id eyJhbGciOi.eyJzdWIiOi.hunter2-x is old", "id *** is old"),
        ("-----BEGIN RSA KEY-----\nhunter2\n-----END RSA KEY----- of b", "*** of b"),
    ],
)  # fmt: skip
def test_a_secret_in_a_text_is_masked(text, recorded) -> None:
    assert masked(text) == recorded
    assert masked(recorded) == recorded


def test_a_mapping_that_no_record_can_have_is_not_searched() -> None:
    """The search in a large return value would delay the job's end."""
    assert masked({"a": "x" * 256 * 1024}) == {"truncated": True, "bytes": 256 * 1024 + 8}
    assert len(masked({"a": "x" * 255 * 1024})["a"]) == 255 * 1024
    drops = Redaction(function=lambda name, value: {**value, "a": ""})
    assert masked({"a": "x" * 256 * 1024, "b": 1}, drops) == {"a": "", "b": 1}


@pytest.mark.parametrize(
    "text",
    [
        "unexpected token: ')' in line 3",
        "KeyError: 'token'",
        "http://127.0.0.1:8004/x?mail=a@b.example",
        "tokens=512, password must not be empty",
        "row 3 of 5: symbol=7203.T",
        "no authorization, no cookie, it's over",
        'WWW-Authenticate: Bearer realm="shop"',
        "",
    ],
)
def test_what_is_no_secret_stays(text) -> None:
    assert masked(text) is text


def test_values_of_keys_that_are_named_like_secrets_are_masked() -> None:
    given = {
        "user": "bob",
        "password": SECRET,
        "nested": [{"dbPassword": SECRET, "access-token": 12, "Tokens": 512, "PGPASSWORD": SECRET}],
        "empty": {"secret": "", "api_key": None},
        "url": f"https://bob:{SECRET}@shop.example",
    }
    assert masked(given) == {
        "user": "bob",
        "password": MASK,
        "nested": [{"dbPassword": MASK, "access-token": MASK, "Tokens": 512, "PGPASSWORD": MASK}],
        "empty": {"secret": "", "api_key": None},
        "url": "https://bob:***@shop.example",
    }


def test_other_keys_take_the_place_of_the_usual_ones() -> None:
    redaction = Redaction(("iban", "card-no"))
    assert masked({"IBAN": "DE1", "card-no": 4, "password": "p"}, redaction) == {
        "IBAN": MASK,
        "card-no": MASK,
        "password": "p",
    }
    assert masked("iban=DE1 password=p", redaction) == "iban=*** password=p"
    assert masked("password=p", Redaction(())) == "password=p"


#: How secrets stand in texts: any text in a quoted form or a header, else what has no separator.
QUOTED: list[Callable[[str], str]] = [
    lambda s: f"password={s!r} for bob",
    lambda s: f"password={s.encode()!r}",
    lambda s: f"password == {s!r}",
    lambda s: f"password={SecretStr(s)!r}, retries=3",
    lambda s: f"got {{'api_key': {SecretStr(s)!r}, 'n': 1}}",
    lambda s: f"token={[s, s.encode()]!r}",
    lambda s: f"credentials={{'a': ({s!r},)}}",
    lambda s: repr({"user": "bob", "db_password": s, "n": 1}),
    lambda s: repr({b"authorization": s.encode()}),
    lambda s: repr([(b"host", b"x"), (b"cookie", s.encode())]),
    lambda s: json.dumps({"accessToken": s, "n": [1]}),
    lambda s: json.dumps({"body": json.dumps({"accessToken": s, "n": [1]})}),
    lambda s: f"os.environ['DB_PASSWORD'] = {s!r}",
    lambda s: f"Command {['mysql', '--password', s]!r} returned 1",
    lambda s: f"password={s!r}"[:-1],  # clipped
]
LINES: list[Callable[[str], str]] = [
    lambda s: f"Authorization: {s}",
    lambda s: f"401 for authorization: token {s}",
    lambda s: f"Proxy-Authorization: Negotiate {s}\nrow 3",
    lambda s: f"AUTHORIZATION: AWS4-HMAC-SHA256 Credential=a/b, Signature={s}",
    lambda s: f'Authorization: Digest username="bob", response="{s}"',
    lambda s: f"Cookie: first=1; second={s}",
    lambda s: f"X-Api-Key: {s}",
]
OPEN: list[Callable[[str], str]] = [
    lambda s: f"password={s}",
    lambda s: f"https://x.example/y?access_token={s}&page=2",
    lambda s: f"login(user=bob, password={s})",
    lambda s: f"mysql --password {s} -h db",
    lambda s: f"redis://bob:{s}@cache:6379/0",
]
secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=6)


class SecretStr(str):
    """As pydantic's, which shows its value where a job has it shown."""

    def __repr__(self) -> str:
        return f"SecretStr({str(self)!r})"


def spellings(secret: str) -> set[str]:
    """The secret as it is, as Python and JSON write it, and so again within a text."""
    written = {secret, repr(secret)[1:-1], repr(secret.encode())[2:-1], json.dumps(secret)[1:-1]}
    return written | {json.dumps(one)[1:-1] for one in written}


def left(secret: str, value: object) -> list[str]:
    """What of a secret a value shows as recorded: six characters of it are enough."""
    shown = dumps(masked(value))
    shown += json.dumps(masked(value), ensure_ascii=False, default=str)
    every = (one[at : at + 6] for one in spellings(secret) for at in range(len(one) - 5))
    return [part for part in every if part in shown]


@given(secrets.map(lambda text: "S3cr" + text), st.sampled_from(QUOTED))
def test_no_quoted_secret_is_left(secret: str, form: Callable[[str], str]) -> None:
    assert left(secret, [form(secret)]) == []
    assert left(secret, {form(secret): 1}) == []
    assert masked(masked(form(secret))) == masked(form(secret))


@given(
    st.text(st.characters(codec="ascii", min_codepoint=32), min_size=2).map("S3cr".__add__),
    st.sampled_from(LINES),
)
def test_no_secret_of_a_header_is_left(secret: str, form: Callable[[str], str]) -> None:
    assert left(secret, [form(secret)]) == []


@given(st.from_regex(r"S3cr[A-Za-z0-9+=_.~!*$%^|-]{2,40}", fullmatch=True), st.sampled_from(OPEN))
def test_no_open_secret_is_left(secret: str, form: Callable[[str], str]) -> None:
    assert left(secret, [form(secret)]) == []


class Connection:
    def __str__(self) -> str:
        return f"<Connection amqp://bob:{SECRET}@mq//>"


def test_what_is_recorded_as_text_is_masked_as_text() -> None:
    deep: object = f"password={SECRET}"
    for _ in range(40):
        deep = [deep]
    circle: list[object] = [f"password={SECRET}"]
    circle.append(circle)
    for value in (Connection(), {"at": Connection()}, deep, circle):
        assert SECRET not in dumps(masked(value))
    assert list(masked({Connection(): 1})) == ["<Connection amqp://bob:***@mq//>"]


class Array:
    """Compares element by element, as numpy's arrays do: the result has no truth."""

    def __eq__(self, other: object) -> Array:
        return self

    __hash__ = None

    def __bool__(self) -> bool:
        raise ValueError("the truth value of an array is ambiguous")

    def __str__(self) -> str:
        return "[1 2]"


def test_an_array_is_recorded_as_text_and_under_a_secret_name_is_masked() -> None:
    masked_once = masked({"prices": Array(), "rows": [Array()], "token": Array()})
    assert dumps(masked_once) == dumps({"prices": "[1 2]", "rows": ["[1 2]"], "token": MASK})


def test_a_mapping_is_copied_before_its_job_changes_it() -> None:
    given = {"shops": {"Kyoto": [1]}}
    copied = masked(given)
    given["shops"]["Kyoto"].append(2)
    given["shops"]["Osaka"] = []
    assert copied == {"shops": {"Kyoto": [1]}}


@given(values)
def test_any_value_is_changed_once_and_none_of_a_secret_key_is_left(value) -> None:
    once = masked(value)
    assert dumps(masked(once)) == dumps(once)
    assert dumps(once) == dumps(value) or SECRET not in dumps(value)
    if value not in (None, ""):
        assert json.loads(dumps(masked([{"token": value}]))) == [{"token": MASK}]


@pytest.mark.parametrize(
    "text",
    [
        *("a_-" * 30_000 + ":", "http://" + "a:" * 40_000, "password='" * 9_000, "=" * 90_000),
        *("eyJaaaaa.eyJ-" * 9_000, "-----BEGIN a" * 9_000, "Bearer " * 9_000, "?sig" * 20_000),
    ],
)
def test_a_hostile_text_takes_no_longer_than_its_length_says(text) -> None:
    began = time.process_time()
    masked(text)
    assert time.process_time() - began < 5  # a pattern that backtracks takes minutes


IDENTITY = ev.Identity(task_type="fetch_data", metadata={"token": SECRET})
ASKED = ev.EndRequest(by="bob", reason=f"token={SECRET}")
TEXTS = {"message": f"token={SECRET}", "error_message": f"token={SECRET}"}


@pytest.mark.parametrize(
    "event",
    [
        *(kind(identity=IDENTITY) for kind in (ev.Created, ev.Started, ev.Planned)),
        ev.Progressed(details={"token": SECRET}, results={"token": SECRET}, **TEXTS),
        ev.Retried(message=f"token={SECRET}"),
        ev.Completed(results={"token": SECRET}, asked=ASKED),
        ev.Failed(error_message=f"token={SECRET}", identity=IDENTITY, asked=ASKED),
        ev.Cancelled(message=f"token={SECRET}", reason=f"token={SECRET}"),
        ev.Paused(message=f"token={SECRET}", reason=f"token={SECRET}"),
        ev.NeverPublished(error_message=f"token={SECRET}", cause="x"),
        ev.Lost(lease=None, error_message=f"token={SECRET}", revision=1),
    ],
    ids=lambda event: type(event).__name__,
)
def test_each_events_secrets_are_masked(event) -> None:
    masked_text = repr(REDACTION.of(event))
    assert masked_text.count(MASK) == repr(event).count(SECRET) > 0
    assert SECRET not in masked_text
    masked_already = REDACTION.of(event)
    assert REDACTION.of(masked_already) == masked_already


def test_a_sites_own_function_comes_last() -> None:
    seen = []

    def upper(field: str, value):
        seen.append((field, value))
        return value.upper() if isinstance(value, str) else {**value, "checked": True}

    event = ev.Completed(message="token=x of bob", results={"token": "x"}, asked=ASKED)
    done = Redaction(KEYS, upper).of(event)
    assert done.message == "TOKEN=*** OF BOB"
    assert done.results == {"token": MASK, "checked": True}
    assert sorted(field for field, _ in seen) == ["message", "reason", "results"]


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (lambda field, value: 1 / 0, "ZeroDivisionError"),
        (lambda field, value: None, "it returned NoneType"),
    ],
)
def test_a_function_that_fails_lets_nothing_through(function, fault) -> None:
    event = ev.Completed(message="bob's order", results={"order": "bob's"})
    done = Redaction(KEYS, function).of(event)
    assert done.message == f"*** (the redact function failed: {fault})"
    assert done.results == {"redacted": done.message}
