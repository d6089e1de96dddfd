"""One language a screen: default texts are the reader's, a job's own are the job's."""

from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any

from playwright.sync_api import Route, expect

from progress_backend.record import default_texts
from progress_backend.record import events as ev
from progress_backend.record.default_texts import LOCALES, DefaultText, Locale, text
from progress_backend.record.model import STATUSES
from progress_backend.terminal import formats
from tests.browser.conftest import OpenPage
from tests.browser.looking import other_language, row, shows
from tests.records import Records
from tests.web.serving import RunningApi

SCRIPTS = Path(__file__).parents[2] / "progress_backend" / "web" / "scripts"
NOW = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
FILLED: dict[str, Any] = {
    "current": 3, "total": 9, "worker": "w@h", "name": "shop.x", "number": 7, "lost": 2, "limit": 5,
    "seconds": 4, "since": "14:02", "waiting": 3, "time": NOW.replace(day=14, hour=14, minute=5),
    "reason": "no\nbroker at redis://[::1]:6379/0 (a|b) 100 %: $& \\1 {number} 銀行",
}  # fmt: skip


def written(locale: Locale) -> list[tuple[DefaultText, datetime]]:
    """Each default text, its blanks filled, and when; a time with its date and without."""
    return [
        (text(locale, key, at, **{name: FILLED[name] for name in names}), at)
        for key, template in default_texts.TEXTS[locale].items()
        for names in [{name for _, name, _, _ in Formatter().parse(template) if name}]
        for at in ((NOW, FILLED["time"]) if "time" in names else (NOW,))
    ]


def test_the_page_fills_the_texts_as_the_library_does(api: RunningApi, open_page: OpenPage) -> None:
    given = [[made.code, at.isoformat()] for made, at in written("ja")]
    unknown = [[None, None], [{}, None], [{"code": "of a newer version", "args": {}}, None]]
    page = open_page(api)

    def module(route: Route) -> None:
        route.fulfill(path=SCRIPTS / route.request.url.rpartition("/")[2])

    page.route("**/static/*.js", module)
    ours = page.evaluate(
        """async ([languages, given]) => {
             const { translated } = await import("/static/translated.js");
             return languages.map((language) =>
               given.map(([code, at]) => translated(language, "as it was given", code, at)));
           }""",
        [LOCALES, [*given, *unknown]],
    )
    own = ["as it was given"] * len(unknown)
    assert ours == [[*(made for made, _ in written(locale)), *own] for locale in LOCALES]


def test_page_and_terminal_have_one_word_for_each_status(
    api: RunningApi, open_page: OpenPage
) -> None:
    for language in LOCALES:
        page = open_page(api, f"/?lang={language}")
        expect(page.locator("[data-filter=all]")).to_contain_text("0")  # the list is there
        for word in STATUSES:
            label = page.locator(f"[data-filter={word}] span")
            assert label.inner_text().lower() == formats.word(language, word)


def test_a_row_has_one_language_whatever_its_writer_spoke(
    api: RunningApi, redis_url: str, open_page: OpenPage
) -> None:
    writer: Locale = "ja"
    # "" of a default text that says no more than the row's status and figures do.
    words = {
        "moving": "", "retried": "try 2 of 5: HTTPError: 503",
        "done": "", "failed": "", "gone": "The task was revoked",
        "foreign": "No worker knows this task: shop.x", "own": "Completed with 3 warnings",
    }  # fmt: skip
    records = Records(redis_url, locale=writer)
    for task_id in ("moving", "retried", "done", "failed", "gone", "own"):
        records.start(task_id)
    page = open_page(api, "/?lang=en")
    shows(page, "moving", "running")
    # As a message,
    records.progress("moving", 63, default_texts.progress_text(writer, 63, 252))
    records.apply("retried", ev.Retried(message="HTTPError: 503", retries=1, limit=4))
    records.complete("done")
    records.fail("failed", "ConnectionError: 完了しました")
    records.apply("gone", ev.Cancelled(message=default_texts.text(writer, "revoked"), by="celery"))
    records.create("foreign")
    records.fail("foreign", default_texts.text(writer, "unknown_task", name="shop.x"))
    records.progress("own", 3, words["own"])

    def all_are_shown() -> None:
        for task_id, expected in words.items():
            if task_id in ("moving", "done"):
                expect(row(page, task_id).locator(".message")).to_be_hidden()
            expect(row(page, task_id).locator(".message")).to_contain_text(expected)
        expect(row(page, "failed").locator(".message span")).to_have_text(
            "ConnectionError: 完了しました"
        )

    all_are_shown()
    stored = api.status("moving").json()["current_status"]
    assert stored == default_texts.progress_text(writer, 63, 252)  # without a wish
    page.reload()  # and as it is read.
    shows(page, "moving", "running")
    all_are_shown()
    other_language(page)
    expect(row(page, "gone").locator(".message")).not_to_contain_text(words["gone"])
    expect(row(page, "own").locator(".message")).to_contain_text(words["own"])
    other_language(page)
    all_are_shown()
