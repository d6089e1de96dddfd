"""The recorded page of the documents plays from a file, without a server. Where the page reads what
the recording has not: python -m docs.make_recorded."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from docs.recorded import TEXTS, recorded_page
from progress_backend.record.default_texts import Locale
from tests.browser.conftest import OpenPage
from tests.waiting import eventually

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("locale", "running"), [("en", "Running"), ("ja", "実行中")])
def test_the_recorded_page_moves_without_a_server_and_names_itself(
    open_page: OpenPage, tmp_path: Path, locale: Locale, running: str
) -> None:
    file = tmp_path / "recorded.html"
    file.write_text(recorded_page(locale), encoding="utf-8")
    page = open_page(file.as_uri(), "")
    expect(page.get_by_role("note")).to_have_text(TEXTS[locale])
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    expect(page.locator("tr[data-workflow-id]").first).to_be_visible()
    expect(page.locator("tbody .status.error").first).to_be_visible()
    row = page.locator("tr[data-status=running]").first
    expect(row.locator(".status")).to_have_text(running)
    bar = row.get_by_role("progressbar")
    before = bar.get_attribute("aria-valuenow")
    eventually(lambda: bar.get_attribute("aria-valuenow") != before, 30, what="a bar moves")
