"""What the quick start gives a front end to copy, in a page of the API's own address."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.docs.reading import blocks
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

#: What is the reader's: two elements and an id.
READERS = """
const bar = document.createElement("progress"), label = document.createElement("output");
bar.max = 100;
document.body.append(bar, label);
const taskId = "{task_id}";
"""


# Asked for before a page: one that is open and follows a stream keeps an API from its end.
@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    return start_api(redis_url=redis_url)


def evaluate(page: Page, task_id: str, text: str) -> None:
    page.evaluate("() => {" + READERS.replace("{task_id}", task_id) + text + "}")


def test_the_socket_moves_a_bar_through_a_restart_to_the_end(
    api: RunningApi, start_api: StartApi, open_page: OpenPage, redis_url: str
) -> None:
    page, task_id = open_page(api), api.create()
    first, _ = blocks("docs/quick-start.md", "Reading the record", "js")
    assert "127.0.0.1:8004" in first.text
    evaluate(page, task_id, first.text.replace(":8004", f":{api.port}"))
    bar, label = page.locator("progress"), page.locator("output")
    api.update(task_id, current_items=150, message="page 6")
    expect(label).to_have_text("running: page 6")
    assert bar.evaluate("bar => bar.value") == 59.5
    api.stop()
    api = start_api(redis_url=redis_url, port=api.port)
    api.update(task_id, current_items=200, message="page 8")
    expect(label).to_have_text("running: page 8")
    api.update(task_id, "completed")
    expect(label).to_have_text("completed: Completed")
    assert bar.evaluate("bar => bar.value") == 100
    eventually(lambda: api.watched() == 0, what="the snippet leaves an ended task alone")
