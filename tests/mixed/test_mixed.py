"""Processes of two versions on one store: this one, and one with more of everything."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.looking import row
from tests.browser.sites import Site
from tests.conftest import end
from tests.mixed import jobs, next_version
from tests.servers import ROOT, Server, Service, Worker
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.integration
SERVE = "from progress_backend.cli import main; main()"


class Port(NamedTuple):
    """An API by its port, as a site names it."""

    port: int


class Versions(NamedTuple):
    """Starts processes of either version (`newer`) on one store."""

    folder: Path
    wheels: Path
    env: dict[str, str]
    begun: list[Service]
    closing: ExitStack

    def path(self, newer: bool) -> dict[str, str]:
        first = str(self.wheels / f"version-{newer}")
        return {**os.environ, **self.env, "PYTHONPATH": f"{first}:{ROOT}"}

    def worker(self, name: str, *, newer: bool) -> Worker:
        given = {"log": self.folder / f"{name}.log", "env": self.path(newer), "concurrency": 4}
        made = Worker("tests.mixed.jobs", name=name, pool="threads", cwd=self.folder, **given)
        self.begun.append(made.start())
        return made

    def api(self, name: str, *, newer: bool) -> httpx.Client:
        args = [sys.executable, "-c", SERVE, "serve", "--port", "0"]
        env, log = self.path(newer), self.folder / f"{name}.log"
        api = Service(args, log=log, env=env, cwd=self.folder)
        self.begun.append(api)
        api.start()
        url = api.wait_for_log(r"progress-backend: (http://127\.0\.0\.1:\d+)")[1]
        client = httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S)
        return self.closing.enter_context(client)

    def publish(
        self, count: int, name: str, *, newer: bool, rows: int = 4
    ) -> subprocess.Popen[bytes]:
        args = [sys.executable, "-m", "tests.mixed.jobs", str(count), name, str(rows)]
        return subprocess.Popen(args, env=self.path(newer), cwd=self.folder)

    def command(self, *args: str, newer: bool) -> str:
        call = [sys.executable, "-c", SERVE, *args]
        done = subprocess.run(
            call, env=self.path(newer), cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for newer in (False, True):
        next_version.installed(folder, newer=newer)
    return folder


@pytest.fixture
def versions(tmp_path: Path, wheels: Path) -> Iterator[Versions]:
    with Server() as store:
        urls = ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "PROGRESS_REDIS_URL")
        env = dict.fromkeys(urls, store.url) | {"PROGRESS_STAGE": "s", "PROGRESS_LOCALE": "en"}
        with ExitStack() as closing:
            made = Versions(tmp_path, wheels, env, [], closing)
            closing.callback(end, made.begun)
            yield made


def ended(api: httpx.Client, ids: list[str]) -> Callable[[], dict[str, Any] | None]:
    """A condition: all of these tasks have ended; its value are their records."""
    open_ids, found = set(ids), dict[str, Any]()

    def look() -> dict[str, Any] | None:
        for task_id in list(open_ids):
            answer = api.get(f"/internal/task/{task_id}/status")
            assert answer.status_code in (200, 404), answer.text
            if answer.status_code == 200 and answer.json()["final"]:
                found[task_id] = answer.json()
                open_ids.discard(task_id)
        return None if open_ids else found

    return look


def same(apis: list[httpx.Client], path: str) -> bool:
    """Both answer the same of a record, but for the field that one of them does not know."""
    older, newer = (api.get(path).json() for api in apis)
    for body in (older, newer):
        body.pop("stage", None)
    assert older == newer
    return True


def act_on(api: httpx.Client, task_id: str, act: str) -> None:
    """Requests it as soon as the job runs or is paused, and waits until the job has done it."""
    becomes = {"pause": "paused", "resume": "running", "cancel": "cancelled"}[act]
    before = {"resume": "paused"}.get(act, "running")

    def status() -> str:
        answer = api.get(f"/internal/task/{task_id}/status")
        return str(answer.json().get("status"))

    eventually(lambda: status() == before, what=f"{task_id} {before}")
    if act == "cancel":
        answer = api.post(f"/internal/task/{task_id}/cancel")
    else:
        asked = "paused" if act == "pause" else "running"
        answer = api.put(f"/internal/task/{task_id}/update", json={"status": asked})
    assert answer.status_code in (200, 202), answer.text
    eventually(lambda: status() == becomes, what=f"{task_id} {becomes}")


@pytest.mark.parametrize("newer", [False, True], ids=["older works", "newer works"])
def test_each_version_works_with_the_others_records(versions: Versions, newer: bool) -> None:
    """One version publishes and runs; the other one reads, pauses, resumes and cancels; then both
    answer the same of each record."""
    versions.worker("worker", newer=newer)
    apis = [versions.api(name, newer=one) for name, one in (("older", False), ("newer", True))]
    other = apis[not newer]
    publishers = [versions.publish(12, "job", newer=newer)]
    publishers.append(versions.publish(2, "held", newer=not newer, rows=10**6))
    assert [one.wait(PATIENCE_S) for one in publishers] == [0, 0]
    for task_id, acts in (("held-0", ["pause", "resume", "cancel"]), ("held-1", ["cancel"])):
        for act in acts:
            act_on(other, task_id, act)
    names = [f"job-{n}" for n in range(12)] + ["job-member-0", "job-body"]
    records = eventually(ended(other, [*names, "held-0", "held-1"]), what="the end of all")
    assert records is not None
    for number in range(12):
        record = records[f"job-{number}"]
        assert (record["status"], record["attempt"]) == jobs.expected(number)
    assert {records[f"held-{n}"]["status"] for n in range(2)} == {"cancelled"}
    kept = {apis[1].get(f"/internal/task/{one}/status").json().get("stage") for one in records}
    assert kept == ({"s"} if newer else {None})  # an older API's writes keep what it does not know
    of_each = ("status", "timeline", "log")
    for path in (
        *("/internal/tasks", "/internal/workers", "/internal/stats", "/internal/health"),
        *(f"/internal/task/{task_id}/{part}" for task_id in records for part in of_each),
        f"/internal/workflow/{records['job-body']['workflow']['id']}/status",
    ):
        answers = [api.get(path) for api in apis]
        assert [answer.status_code for answer in answers] == [200, 200], path
        if path.endswith("/status"):  # past runs are read again after some seconds
            assert eventually(lambda path=path: same(apis, path))
    for one in (False, True):
        assert ("1.1.0" in versions.command("--version", newer=one)) == one
        assert "job-body" in versions.command("tasks", newer=one)
        assert "held-1" in versions.command("show", "held-1", newer=one)


@pytest.mark.browser
@pytest.mark.parametrize("newer", [False, True], ids=["older pages", "newer pages"])
def test_pages_and_elements_show_the_others_records(
    versions: Versions, newer: bool, open_page: OpenPage, site: Site
) -> None:
    """Pages of one version show the jobs of the other one, and the console stays empty."""
    versions.env["PROGRESS_ALLOWED_ORIGINS"] = site.origin
    api = versions.api("api", newer=newer)
    versions.worker("worker", newer=not newer)
    assert versions.publish(3, "job", newer=not newer).wait(PATIENCE_S) == 0
    assert versions.publish(1, "held", newer=not newer, rows=10**6).wait(PATIENCE_S) == 0
    eventually(ended(api, ["job-0", "job-1", "job-2", "job-body"]), what="the ends")
    shown = {"job-0": "Completed", "job-1": "Completed", "job-2": "Error", "held-0": "Running"}
    page = open_page(str(api.base_url))
    for task_id, status in shown.items():
        expect(row(page, task_id)).to_contain_text(status)
    for path in (*(f"/task/{one}" for one in shown), page_of_workflow(api)):
        page.goto(str(api.base_url) + path)
        expect(page.locator("main")).to_contain_text(
            shown.get(path.rpartition("/")[2], "Completed")
        )
    served = Port(api.base_url.port or 0)
    elements = "".join(f'<task-progress task-id="{one}"></task-progress>' for one in shown)
    page = open_page(site(elements, served))
    for place, status in enumerate(shown.values()):
        element = page.locator("task-progress").nth(place)
        expect(element.locator("[part=status]")).to_have_text(status)
    act_on(api, "held-0", "cancel")
    expect(page.locator("task-progress [part=status]").nth(3)).to_have_text("Cancelled")


def page_of_workflow(api: httpx.Client) -> str:
    record = api.get("/internal/task/job-body/status").json()
    return f"/workflow/{record['workflow']['id']}"


def test_a_rolling_upgrade_under_load_and_back(versions: Versions) -> None:
    """1,000 jobs while API, worker and publisher are replaced by the next version, and again by
    this one: each record has the one end that its job had."""
    ids = list[str]()
    apis, workers = [versions.api("api-0", newer=False)], [versions.worker("w0", newer=False)]
    publishers = list[subprocess.Popen[bytes]]()
    assert versions.publish(1, "held", newer=False, rows=10**6).wait(PATIENCE_S) == 0
    act_on(apis[0], "held-0", "pause")
    for step, newer in enumerate((False, True, True, False), 1):
        publishers.append(versions.publish(250, f"s{step}", newer=newer))
        ids += [f"s{step}-{n}" for n in range(250)] + [f"s{step}-body"]
        ids += [f"s{step}-member-{n}" for n in range(3)]
        apis.append(versions.api(f"api-{step}", newer=newer))
        workers.append(versions.worker(f"w{step}", newer=newer))
        if step > 1:  # a paused job does not end its worker: that of the first step stays
            workers[step - 1].stop(PATIENCE_S)
    assert [one.wait(PATIENCE_S) for one in publishers] == [0] * 4
    records = eventually(ended(apis[-1], ids), what="the end of all")
    wrong = {
        task_id: (record["status"], record["attempt"], record["error_message"])
        for task_id, record in records.items()
        if task_id.rpartition("-")[2].isdecimal()
        and "member" not in task_id
        and (record["status"], record["attempt"]) != jobs.expected(int(task_id.rpartition("-")[2]))
    }
    assert not wrong
    assert {records[f"s{n}-body"]["status"] for n in range(1, 5)} == {"completed"}
    act_on(apis[-1], "held-0", "resume")
    act_on(apis[2], "held-0", "cancel")
    eventually(ended(apis[0], ["held-0"]), what="the end of the held job")
    for api in apis:
        assert api.get("/internal/tasks", params={"limit": 100}).status_code == 200
    for one in versions.begun:
        assert not re.findall(r".*(?:WARNING|ERROR|INFO)\S* progress_backend(?!\.audit).*", one.log)
