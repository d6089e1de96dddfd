"""The script of the page about logs, in a page of the API's own address."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from progress_backend.flows import task_log
from progress_backend.record.log_line import LogLine
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.browser.conftest import OpenPage
from tests.docs.reading import blocks
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

READERS = """
const pre = document.createElement("pre");
pre.className = "log";
document.body.append(pre);
const taskId = "{task_id}";
"""


# Asked for before a page: one that is open and follows a stream keeps an API from its end.
@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    return start_api(redis_url=redis_url)


def test_a_page_follows_a_log(api: RunningApi, redis_url: str, open_page: OpenPage) -> None:
    page, task_id = open_page(api), api.create()
    (snippet,) = blocks("docs/logs.md", "Reading", "js")

    def write(text: str) -> None:
        with Store(Settings(redis_url=redis_url)) as store:
            store.ready()
            lines = [LogLine(1_705_282_200.25, "info", text)]
            about = (task_id, 1, lines, 0, store.settings, store.flows.redaction)
            store.run(task_log.add(*about))

    write("<b>first</b>")
    page.evaluate("() => {" + READERS.replace("{task_id}", task_id) + snippet.text + "}")
    shown = page.locator("pre.log")
    expect(shown).to_have_text("<b>first</b>\n")
    write("第二")
    expect(shown).to_have_text("<b>first</b>\n第二\n")
    api.update(task_id, "completed")
