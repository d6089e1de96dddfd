"""Tasks and workflows that are selected on the live page, and steered together."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looking import row, shows
from tests.records import Records
from tests.waiting import eventually
from tests.web.serving import RunningApi


def selecting(page: Page) -> None:
    page.get_by_role("button", name="Select", exact=True).click()
    expect(page.locator("#selection")).to_be_visible()


def test_ticked_tasks_are_paused_and_cancelled_together(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(5):
        records.start(f"job-{number}")
    records.member("m", "the-group", name="nightly")
    page = open_page(api, "/?lang=en")
    shows(page, "job-4", "running")
    selecting(page)
    expect(page.locator(".tick")).to_have_count(6)
    report = page.locator("#selection .report")
    page.get_by_label("Select job-4").click()
    page.get_by_label("Select job-2").press("Space")
    expect(report).to_have_text("2 selected")
    bar = page.locator("#selection")
    place = bar.bounding_box()
    records.complete("job-2")
    shows(page, "job-2", "completed")
    bar.get_by_role("button", name="Pause").click()
    expect(report).to_have_text(
        "Requested for 1 task. 1 failed: its status is already “Completed”."
    )
    # The list was held while the focus was in it: its rows move as the button is pressed.
    expect(page.locator("tr.section")).to_have_count(3)
    assert bar.bounding_box() == place
    shows(page, "job-4", "paused")
    shows(page, "job-3", "running")
    bar.get_by_role("button", name="All on this page").click()
    expect(report).to_have_text("6 selected")
    page.get_by_label("Select the-group").click()
    expect(report).to_have_text("5 selected")
    bar.get_by_role("button", name="Cancel").click()
    dialog = page.locator("#sure")
    expect(dialog).to_contain_text("Cancel the 5 selected?")
    dialog.get_by_role("button", name="Keep it").click()
    expect(report).to_have_text("5 selected")
    bar.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Cancel 5").click()
    expect(report).to_contain_text("Requested for 4 tasks.")
    shows(page, "job-0", "cancelled")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.locator(".tick")).to_have_count(0)
    expect(page.get_by_role("button", name="Select", exact=True)).to_be_focused()


def test_all_that_pass_a_filter_are_cancelled_piece_after_piece(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(115):
        records.create(f"job-{number}", symbol="6758.T")
    records.create("other")
    page = open_page(api, "/?lang=ja&symbol=6758.T")
    shows(page, "job-114", "created")
    page.get_by_role("button", name="選択", exact=True).click()
    bar = page.locator("#selection")
    bar.get_by_role("button", name="条件に合うタスク 115 件すべて").click()
    expect(bar.get_by_role("button", name="再開")).to_be_enabled()
    expect(page.get_by_label("job-114 を選択")).to_be_checked()
    bar.get_by_role("button", name="キャンセル").click()
    page.get_by_role("button", name="115 件をキャンセル", exact=True).click()
    expect(bar.locator(".report")).to_have_text("115 件に依頼しました。", timeout=60_000)
    eventually(lambda: records.get("job-0").status == "cancelled")
    assert records.get("other").status == "created"
    # What an act does not change has no button for that.
    page.locator("#filters [data-filter=cancelled]").click()
    bar.get_by_role("button", name="条件に合うタスク").click()
    expect(bar.get_by_role("button", name="条件に合うタスク")).to_be_enabled()
    for name in ("一時停止", "再開", "キャンセル"):
        expect(bar.get_by_role("button", name=name)).to_be_disabled()
    page.locator("#filters [data-filter=all]").click()
    page.locator("#filters [data-name=symbol]").click()
    expect(row(page, "other")).to_be_visible()
    expect(bar.get_by_role("button", name="すべて").filter(has_text="条件")).to_be_hidden()


def test_workflows_and_tasks_together_also_after_a_filter(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(2):
        records.member(f"member-{number}", "the-group", name="nightly")
        records.member(f"over-{number}", "over", name="yesterday")
        records.start(f"job-{number}")
    page = open_page(api, "/?lang=en")
    expect(page.locator("tr[data-workflow-id=the-group]")).to_be_visible()
    selecting(page)
    # The box stays with its row while that is away.
    page.locator("tr[data-task-id=job-1]").hover()
    page.locator("tr[data-task-id=job-1] .pick.symbol").click()
    expect(page.locator("tr[data-workflow-id=the-group]")).to_be_hidden()
    bar, report = page.locator("#selection"), page.locator("#selection .report")
    expect(bar.get_by_role("button", name="All tasks that match the filter (2)")).to_be_visible()
    page.locator("#filters [data-name=symbol]").click()
    for workflow_id in ("the-group", "over"):
        page.get_by_label(f"Select {workflow_id}").click()
    expect(page.locator("tr[data-workflow-id] .tick:checked")).to_have_count(2)
    page.get_by_label("Select job-1").click()
    expect(report).to_have_text("3 selected")
    for number in range(2):
        records.complete(f"over-{number}")
    expect(page.locator("tr[data-workflow-id=over] .status")).to_contain_text("Completed")
    bar.get_by_role("button", name="Pause").click()
    expect(report).to_have_text(
        "Requested for 2 tasks. 1 failed: its status is already “Completed”."
    )
    expect(page.locator("tr[data-workflow-id=the-group] .status")).to_contain_text("Paused")
    assert [records.get(f"member-{number}").status for number in range(2)] == ["paused", "paused"]
    page.get_by_label("Select the-group").click()
    page.get_by_label("Select job-0").click()
    page.set_viewport_size({"width": 320, "height": 640})
    bar.get_by_role("button", name="Cancel").click()
    dialog, keep = (page.locator(place).bounding_box() for place in ("#sure", "#sure-no"))
    assert keep["x"] > dialog["x"], "a button is out of its dialog"
    page.get_by_role("button", name="Cancel 2").click()
    expect(report).to_have_text("Requested for 2 tasks.")
    eventually(lambda: records.get("member-1").status == "cancelled")
    assert records.get("job-1").status == "paused"


def test_a_service_that_takes_no_more_or_does_not_answer(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(2):
        records.create(f"job-{number}")
    page = open_page(api, "/?lang=ja")
    shows(page, "job-1", "created")
    page.get_by_role("button", name="選択", exact=True).click()
    bar, report = page.locator("#selection"), page.locator("#selection .report")
    box, pause = page.get_by_label("job-1 を選択"), bar.get_by_role("button", name="一時停止")
    box.click()
    page.route("**/internal/act", lambda route: route.fulfill(status=429, json={"detail": "Wait."}))
    pause.click()
    expect(report).to_have_text(
        "0 件に依頼しました。 実行できませんでした。Wait. 残りは選択されたままです。"
    )
    page.unroute("**/internal/act")
    page.route("**/internal/act", lambda route: route.abort())
    pause.click()
    expect(report).to_contain_text("応答がありません。実行されたかは不明です。 残りは選択")
    expect(box).to_be_checked()
    page.unroute("**/internal/act")
    pause.click()
    expect(report).to_have_text("1 件に依頼しました。")
    shows(page, "job-1", "paused")
