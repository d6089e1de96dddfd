"""What a person sees on the page, and what they can press."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect


def row(page: Page, task_id: str) -> Locator:
    return page.locator(f'tr[data-task-id="{task_id}"]')


def listed(page: Page) -> list[str]:
    """The task ids, from the top."""
    rows = page.locator("#table tr[data-task-id]")
    ids = rows.evaluate_all("rows => rows.map(row => row.dataset.taskId)")
    return [str(task_id) for task_id in ids]


def shows(page: Page, task_id: str, status: str) -> Locator:
    """The task's row, once it has the status."""
    found = row(page, task_id)
    expect(found).to_have_attribute("data-status", status)
    return found


def is_live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")


def other_language(page: Page) -> None:
    """Chooses it in the live page's menu, which closes by that."""
    page.locator("#menu").click()
    page.locator("#language").click()


def never_loaded_again(page: Page) -> None:
    """Raises unless the page is the one that `marked` has seen."""
    assert page.evaluate("window.marked") is True, "the page was loaded again"


def keep_copied(page: Page) -> None:
    """Has the page show for ten minutes, not for two seconds, that a text is copied."""
    page.evaluate(
        "() => { const later = setTimeout; window.setTimeout = (work, ms, ...given) =>"
        " later(work, ms === 2_000 ? 600_000 : ms, ...given); }"
    )


def marked(page: Page) -> None:
    page.evaluate("window.marked = true")


def asked(page: Page) -> dict[str, str]:
    """What the address has, without the language."""
    query = parse_qs(urlsplit(page.url).query)
    return {name: values[0] for name, values in query.items() if name != "lang"}
