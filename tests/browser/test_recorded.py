"""The recorded page of the documents plays from a file, without a server."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.servers import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.integration


def test_the_recorded_page_moves_without_a_server(open_page: OpenPage) -> None:
    page = open_page((ROOT / "docs" / "recorded.html").as_uri(), "")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    expect(page.locator("tr[data-workflow-id]").first).to_be_visible()
    expect(page.locator("tbody .status.error").first).to_be_visible()
    bar = page.locator("tr[data-status=running] [role=progressbar]").first
    before = bar.get_attribute("aria-valuenow")
    eventually(lambda: bar.get_attribute("aria-valuenow") != before, 30, what="a bar moves")
