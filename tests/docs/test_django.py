"""The page on a Django site, followed to its end."""

import re
from contextlib import ExitStack, closing

import httpx
import pytest

from tests.docs.reading import blocks
from tests.docs.walking import Walk
from tests.waiting import eventually

pytest.importorskip("django.tasks", reason="Django 6 needs Python 3.12")
pytestmark = pytest.mark.integration
PAGE = "docs/django.md"
USERS = """
import django; django.setup()
from django.contrib.auth.models import User
for name in ("alice", "bob", "staff"):
    print(User.objects.create_user(name, password="secret", is_staff=name == "staff").pk)
"""


class Browser(httpx.Client):
    """A browser with its cookies; `user` logs in, if given."""

    def __init__(self, address: str, user: str | None = None) -> None:
        super().__init__(base_url=address, timeout=60, trust_env=False)
        if user is not None:
            self.fill_in("/", username=user, password="secret")

    def fill_in(self, path: str, **form: str) -> httpx.Response:
        """Opens a page, and sends its form."""
        page = self.get(path, follow_redirects=True)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token is not None, page.text
        return self.post(page.url, data={"csrfmiddlewaretoken": token[1], **form})


def test_a_page_with_a_bar(walk: Walk) -> None:
    *files, shell = blocks(PAGE)
    walk.follow(files)
    migrate, *servers = shell.text.splitlines(keepends=True)
    walk.assign(f"DONE=$({migrate.strip()})")
    (walk.folder / "users.py").write_text(USERS)
    walk.variables["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    owner = walk.python("users.py").split()[0]
    del walk.variables["DJANGO_SETTINGS_MODULE"]
    walk.follow([shell.__class__(PAGE, shell.line, shell.section, "sh", "".join(servers))])
    address = f"http://127.0.0.1:{walk.site_port}"

    with ExitStack() as stack:
        everyone = [
            stack.enter_context(closing(Browser(address, user)))
            for user in ("alice", "bob", "staff", None)
        ]
        export(everyone, owner)


def export(everyone: list[Browser], owner: str) -> None:
    """What Alice's export shows to herself, to Bob, to staff and without a login."""
    alice, bob, *_ = everyone
    page = alice.fill_in("/")
    shown = re.search(
        r'src="(.+?)"></script><task-progress task-id="(.+?)" cancellable>', page.text
    )
    assert shown is not None, page.text
    assert alice.get(shown[1]).status_code == 200, "the element's script"
    job = f"/progress/internal/task/{shown[2]}"
    codes = [browser.get(f"{job}/status").status_code for browser in everyone]
    assert codes == [200, 403, 200, 403]

    def runs() -> bool:
        record = alice.get(f"{job}/status").json()
        return record["owner"] == owner and record["progress"]["current"] > 0

    eventually(runs)
    assert alice.post("/").status_code == 403, "without CSRF token"
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        assert alice.post(f"{job}/cancel", headers=headers).status_code in (403, 421)
    assert bob.post(f"{job}/cancel").status_code == 403
    assert alice.post(f"{job}/cancel").status_code == 200
    eventually(lambda: alice.get(f"{job}/status").json()["status"] == "cancelled")
