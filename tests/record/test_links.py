"""Which links a record takes, and how long it keeps them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from progress_backend.errors import ForeignValue
from progress_backend.record import document, light_row, messages, task_json
from progress_backend.record import events as ev
from progress_backend.record.fields import Link
from progress_backend.record.links import MAX_LINKS, MAX_TITLE, MAX_URL, link_of, merged
from progress_backend.record.model import Member, Task
from progress_backend.record.transition import transition
from tests.strategies import NOW

FILE = Link(url="/files/7", title="Export", expires_at="2024-01-15T11:30:00.000+09:00")
STARTED = ev.Started(identity=ev.Identity("export"))
GIVEN = ev.Progressed(links=(FILE,))


def happened(*events: ev.Event) -> Task:
    task: Task | None = None
    for n, event in enumerate(events):
        task = transition(task, event, NOW + timedelta(seconds=n), task_id="t", revision=n)
    assert task is not None
    return task


def link(url: Any = "/f", title: Any = None, expires_in: Any = None) -> Link:
    return link_of(url, title, expires_in, NOW)


@pytest.mark.parametrize(
    "url",
    [
        *("/files/7?a=1#b", "/", "/a//b", "/%0A", "/a@b", "/日本.csv"),
        *("https://bucket.example/x?X-Amz-Signature=ab%2Fc", "HTTP://127.0.0.1:8004/x"),
        *("https://[::1]/x", "https://a.example/@b", "/" + "x" * (MAX_URL - 1)),
    ],
)
def test_a_path_and_a_web_address_are_links(url: str) -> None:
    assert link(url) == Link(url=url)


@pytest.mark.parametrize(
    "url",
    [
        *(None, 7, b"/f", "", "file.csv", "../f", "#f", "?f", "javascript:alert(1)", "data:,x"),
        *("JaVaScRiPt://a.example/%0Aalert(1)", "vbscript:x", "blob:https://a.example/1"),
        *("https://user@a.example/", "https://u:p@a.example/", "https://@a.example/"),
        *("//a.example/x", "///a.example/x", "/\\a.example", "\\\\a.example", "http:/\\a.example"),
        *("/f\n", "/f\r\nX: y", "java\tscript:x", "/a b", " /f", "/f\x00", "/\u2028", "/\u202ef"),
        *("https:a.example", "https:///a.example", "https://", "https://a.example:99999/"),
        *("https://a%zz.example/", "https://a^b/", "https://a<b>/", "https://[fe80::1%25eth0]/"),
        *("https://[::1/", "ftp://a.example/f", "/\ud800", "/" + "x" * MAX_URL, "x" * 4_096),
    ],
)
def test_what_a_page_could_not_show_safely_is_no_link(url: object) -> None:
    with pytest.raises(ValueError, match="url"):
        link(url)


@pytest.mark.parametrize("title", [7, "", "a\nb", "\u202ea", "x" * (MAX_TITLE + 1)])
def test_a_title_is_a_line(title: object) -> None:
    with pytest.raises(ValueError, match="title"):
        link(title=title)


@pytest.mark.parametrize("seconds", [0, -1, True, "60", float("nan"), float("inf"), 1e12])
def test_a_link_expires_after_a_number_of_seconds(seconds: object) -> None:
    with pytest.raises(ValueError, match="expires_in"):
        link(expires_in=seconds)


def test_a_link_has_the_time_at_which_it_expires() -> None:
    given = link("/files/7", "Export", 3_600)
    assert given == Link(
        url="/files/7",
        title="Export",
        expires_at=(NOW + timedelta(hours=1)).isoformat(timespec="milliseconds"),
    )


def test_a_known_address_is_replaced_and_the_ninth_link_left_out() -> None:
    known = merged((), [link(f"/{n}") for n in range(MAX_LINKS)])
    assert merged(known, [link("/8")]) == known
    renewed = link("/0", "again", 60)
    assert merged(known, [renewed]) == (renewed, *known[1:])


def test_each_attempt_starts_without_links() -> None:
    assert happened(STARTED, GIVEN, ev.Failed(error_message="why")).links == (FILE,)
    assert happened(STARTED, GIVEN, ev.Retried(retries=1)).links == (FILE,)
    assert happened(STARTED, GIVEN, ev.Retried(retries=1), STARTED).links == ()


@pytest.mark.parametrize("end", [ev.Completed(), ev.Cancelled(by="api")])
def test_an_ended_task_keeps_its_links(end: ev.Event) -> None:
    task = happened(STARTED, GIVEN, end)
    assert task.links == (FILE,)
    assert task_json.decode(task_json.encode(task)).links == task.links


def test_a_message_has_the_links_and_of_rows_a_members() -> None:
    body = document.read(task_json.encode(happened(STARTED, GIVEN)))
    assert b'"links":[{"url":"/files/7","title":"Export"' in messages.update_message(body, "x")
    assert b'"links"' not in light_row.row(body)
    begun = ev.Started(identity=ev.Identity("export", member=Member(("w",))))
    long = Link(url="/" + "x" * (MAX_URL - 1))
    given = ev.Progressed(links=(long, FILE))
    member = document.read(task_json.encode(happened(begun, given)))
    assert [one["url"] for one in json.loads(light_row.row(member))["links"]] == [long.url]
    body = document.read(task_json.encode(happened(STARTED)))
    assert b'"links"' not in document.written(body) + messages.update_message(body, "x")


def test_a_stored_link_with_another_time_is_no_record() -> None:
    task = replace(happened(STARTED), links=(Link(url="/f", expires_at="soon"),))
    with pytest.raises(ForeignValue, match="expires_at"):
        task_json.decode(task_json.encode(task))
