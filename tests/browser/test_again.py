"""Ended tasks that are run again on the page, by a real worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from progress_backend import progress_task
from progress_backend.credentials import tokens
from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.apps import App, in_process, working
from tests.browser.conftest import OpenPage
from tests.browser.looking import row, shows
from tests.browser.test_axe import complaints
from tests.conftest import Install
from tests.waiting import eventually
from tests.web.conftest import StartApi

AXE = {"bypass_csp": True, "reduced_motion": "reduce"}


@pytest.fixture
def shop(installed: Install) -> Iterator[App]:
    app = installed(in_process("browser-again"))

    @app.task(bind=True, name="fetch", shared=False)  # type: ignore[untyped-decorator]  # Celery's
    @progress_task(start=True)
    def fetch(self: Any, rows: int) -> dict[str, int]:
        if rows < 0:
            raise ValueError(f"no rows in {rows}")
        return {"rows": rows}

    @app.task(bind=True, name="unmarked", shared=False)  # type: ignore[untyped-decorator]
    @progress_task
    def unmarked(self: Any) -> None: ...

    with working(app.celery):
        yield app


def ended(app: App, name: str, *args: int) -> str:
    task_id = str(app.celery.tasks[name].delay(*args).id)
    eventually(lambda: app.document(task_id).get("final"))
    return task_id


@pytest.fixture
def serve(start_api: StartApi, shop: App, redis_url: str) -> Any:
    def make(*, start: bool = True, **given: Any) -> Any:
        settings = Settings(redis_url=redis_url, **given)
        return start_api(create_app(settings, celery_app=shop.celery, start=start))

    return make


def again(page: Page) -> Any:
    return page.locator("#record [data-action=again]")


def test_a_task_is_run_again_on_its_page_with_links_both_ways(
    shop: App, serve: Any, open_page: OpenPage
) -> None:
    old = ended(shop, "fetch", -1)
    page = open_page(serve(), f"/task/{old}?lang=en", **AXE)
    again(page).click()
    dialog = page.locator("#sure")
    expect(dialog).to_contain_text("Run fetch again?")
    assert complaints(page) == []
    with page.expect_request("**/again") as sent:
        dialog.locator("#sure-yes").click()
    assert sent.value.headers["idempotency-key"] == "after None"
    link = page.locator(".part-belongs a")
    expect(link).to_have_count(1)
    (new,) = [one for one in shop.records() if one != old]
    expect(link).to_have_text(new)
    assert complaints(page) == []
    link.click()
    expect(page.locator(".part-belongs a")).to_have_text(old)
    expect(again(page)).to_be_visible()
    assert shop.document(new)["again_of"] == old


def test_a_failed_job_is_run_again_by_three_acts_from_the_strip(
    shop: App, serve: Any, open_page: OpenPage
) -> None:
    old = ended(shop, "fetch", -1)
    page = open_page(serve(), "/?lang=en", viewport={"width": 360, "height": 720})
    page.locator("#strip .failed").click()
    expect(page.locator(".part-case").get_by_role("button")).to_have_count(2)
    again(page).click()
    with page.expect_response("**/again") as answer:
        page.locator("#sure-yes").click()
    assert shop.document(old)["again_by"] == answer.value.json()["task_id"], answer.value.text()


def test_a_selection_is_run_again_and_the_question_names_number_and_type(
    shop: App, serve: Any, open_page: OpenPage
) -> None:
    ids = [ended(shop, "fetch", -number) for number in (1, 2, 3)]
    ended(shop, "unmarked")
    page = open_page(serve(), "/?lang=ja&sort=newest", **AXE)
    shows(page, ids[0], "error")
    page.locator("#select").click()
    bar = page.locator("#selection")
    page.locator("#selection button").first.click()
    bar.get_by_role("button", name="再実行").click()
    question = page.locator("#sure-what")
    for text in ("4 件", "fetch", "unmarked"):
        expect(question).to_contain_text(text)
    assert complaints(page) == []
    page.locator("#sure-no").click()
    page.locator("#filters [data-filter=error]").click()
    bar.get_by_role("button", name="条件に合うタスク").click()
    expect(row(page, ids[0]).locator(".tick")).to_be_checked()
    bar.get_by_role("button", name="再実行").click()
    expect(question).to_have_text("fetch の 3 件を再実行しますか?")
    page.locator("#sure-yes").click()
    expect(bar.locator(".report")).to_have_text("3 件に依頼しました。")
    eventually(lambda: all(shop.document(one).get("again_by") for one in ids))


def test_whoever_may_not_run_it_again_reads_why(shop: App, serve: Any, open_page: OpenPage) -> None:
    old, text = ended(shop, "fetch", 1), {}
    text["reader"], token = tokens.new("reader", "read")
    page = open_page(serve(tokens=(token.line(),)), f"/task/{old}?lang=ja")
    page.locator("#token-text").fill(text["reader"])
    page.locator("#token-give").click()
    again(page).click()
    page.locator("#sure-yes").click()
    expect(page.locator("body")).to_contain_text("権限がありません。")
    assert shop.records() == [old]
    closed = open_page(serve(start=False), f"/task/{old}?lang=en")
    expect(closed.locator(".part-times")).to_be_visible()
    expect(again(closed)).to_have_count(0)
    none = open_page(serve(), f"/task/{ended(shop, 'unmarked')}?lang=en")
    expect(none.locator(".part-times")).to_be_visible()
    expect(again(none)).to_have_count(0)


def test_failures_of_one_cause_are_one_group_and_run_again_together(
    shop: App, serve: Any, open_page: OpenPage
) -> None:
    old = [ended(shop, "fetch", rows) for rows in (-1, -2, -3)]
    page = open_page(serve(), "/?status=error&lang=en", **AXE)
    group = page.locator("#causes li")
    expect(group).to_have_count(1)
    expect(group.locator("b")).to_have_text("3 ×")
    expect(group).to_contain_text("no rows in …")
    assert complaints(page) == []
    group.get_by_role("button").click()
    page.locator("#sure-yes").click()
    expect(page.locator("#causes [role=status]")).to_contain_text("3")
    eventually(lambda: len(shop.records()) == 6)
    assert all(shop.document(one)["again_by"] for one in old)
    page.locator('#filters [data-filter="all"]').click()
    expect(page.locator("#causes")).to_be_hidden()
