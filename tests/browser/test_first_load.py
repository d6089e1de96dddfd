"""What a page asks for before it shows anything, and what it needs not."""

from __future__ import annotations

from playwright.sync_api import Request

from tests.browser.conftest import OpenPage
from tests.browser.looking import is_live, shows
from tests.records import Records
from tests.web.conftest import StartApi


def test_the_list_is_read_once(start_api: StartApi, redis_url: str, open_page: OpenPage) -> None:
    """What the document asks for early is what its script takes: else it would be read twice, and
    the browser would warn, which fails the test."""
    api = start_api(redis_url=redis_url)
    page = open_page(api, "/docs")
    reads: list[str] = []
    files: list[str] = []

    def note(request: Request) -> None:
        path = request.url.partition("?")[0].partition(f":{api.port}")[2]
        (reads if path.startswith("/internal/tasks") else files).append(path)

    page.on("request", note)
    page.goto(f"http://127.0.0.1:{api.port}/?status=running")
    is_live(page)
    # Before the first change, each read is one that the load has caused.
    page.wait_for_load_state("networkidle")
    assert reads == ["/internal/tasks"]
    assert [path for path in files if path.startswith("/static/")] == [
        "/static/page.css",
        "/static/page.js",
    ]
    Records(redis_url).start("job")
    shows(page, "job", "running")


def test_numbers_are_written_as_the_language_writes_them(
    start_api: StartApi, redis_url: str, open_page: OpenPage
) -> None:
    page = open_page(start_api(redis_url=redis_url))
    numbers = [0, 7, 999, 1_000, 12_345.6, 0.125, 99.9999, 1_234_567, 2**53 - 1]
    ours, english, japanese = page.evaluate(
        """async (numbers) => {
             const { number } = await import("/static/words.js");
             return [numbers.map(number), ...["en", "ja"].map(
               (code) => numbers.map((one) => one.toLocaleString(code)))];
           }""",
        numbers,
    )
    assert ours == english == japanese


def test_times_are_written_as_the_language_writes_them(
    start_api: StartApi, redis_url: str, open_page: OpenPage
) -> None:
    page = open_page(start_api(redis_url=redis_url))
    ours, intl = page.evaluate(
        """async () => {
             const { WORDS } = await import("/static/page_words.js");
             const times = ["00:00:00", "09:05:07", "12:30:00", "23:59:59"]
               .map((time) => new Date(`2026-01-05T${time}Z`));
             const each = (write) => ["en", "ja"].flatMap((code) => times.map(write(code)));
             return [each((code) => (at) => WORDS[code].since(at)), each((code) => (at) => {
               const text = at.toLocaleString(code, { timeZone: "UTC" }).replace("\u202f", " ");
               return code === "en" ? `since ${text}` : `${text} から`;
             })];
           }"""
    )
    assert ours == intl
