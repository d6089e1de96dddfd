"""A hostile page in a real browser: it reads nothing and changes nothing.

It stands on another site, on another port of this machine, or under a name that was made to lead to
the service after the page was loaded (DNS rebinding), where the browser takes both for one.
"""

from collections.abc import Iterator

import pytest
import redis
from playwright.sync_api import Browser, Page, Route

from tests.answering import answer, answering
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi

#: All that a page can think of. Each try says what it got; "" is nothing. What it is to get it
#: waits for, however busy the machine is.
ATTACK = """
async ([base, wanted]) => {
  const job = `${base}/internal/task/job`;
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  const json = { "Content-Type": "application/json" };
  const paused = JSON.stringify({ status: "paused" });
  const read = (path, options) => fetch(path, options).then((answer) =>
    answer.ok ? answer.text() : "");
  const within = (name, wait) => Promise.race([wait,
    new Promise((done) => setTimeout(done, wanted.includes(name) ? 20000 : 1500, ""))]);
  const socket = (path) => new Promise((done) => {
    const one = new WebSocket(base.replace("http", "ws") + path);
    one.onmessage = ({ data }) => done(data);
    one.onclose = one.onerror = () => done("");
  });
  const element = (name, attributes) => new Promise((done) => {
    const one = Object.assign(document.createElement(name), attributes);
    one.onload = () => done("loaded");
    one.onerror = () => done("");
    document.body.append(one);
  });
  const tries = {
    list: () => read(`${base}/internal/tasks`),
    status: () => read(`${job}/status`),
    metrics: () => read(`${base}/metrics`),
    page: () => read(`${base}/`),
    opaque: () => read(`${job}/status`, { mode: "no-cors" }),
    events: () => read(`${job}/events`),
    stream: () => new Promise((done) => {
      const events = new EventSource(`${job}/events`);
      events.onmessage = ({ data }) => done(data);
      events.onerror = () => { events.close(); done(""); };
    }),
    socket: () => socket("/internal/ws/task/job"),
    sockets: () => socket("/internal/ws/tasks"),
    cancel: () => read(`${job}/cancel`, { method: "POST" }),
    blind: () => read(`${job}/cancel`, { method: "POST", mode: "no-cors" }),
    typed: () => read(`${job}/cancel`, { method: "POST", mode: "no-cors", headers: form }),
    plain: () => read(`${job}/cancel`, { method: "POST", mode: "no-cors", body: "{}" }),
    json: () => read(`${job}/cancel`, { method: "POST", headers: json, body: "{}" }),
    pause: () => read(`${job}/update`, { method: "PUT", headers: json, body: paused }),
    create: () => read(`${base}/internal/create-task`, { method: "POST", mode: "no-cors",
      body: JSON.stringify({ task_type: "t", total_items: 1 }) }),
    forwarded: () => read(`${job}/cancel`, { method: "POST", headers: {
      "X-Forwarded-Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1" } }),
    beacon: async () => { navigator.sendBeacon(`${job}/cancel`, new Blob([])); return ""; },
    script: () => element("script", { src: `${base}/internal/tasks` })
      .then((how) => (window.tasks ? how : "")),
    image: () => element("img", { src: `${job}/events` }),
    form: () => new Promise((done) => {
      const frame = Object.assign(document.createElement("iframe"), { name: "into" });
      const asked = Object.assign(document.createElement("form"), { action: `${job}/cancel`,
        method: "post", target: "into" });
      document.body.append(frame, asked);
      let first = true;
      frame.onload = () => {
        if (first) { first = false; asked.submit(); return; }
        let seen = "";
        try { seen = frame.contentDocument.body.innerText; } catch { /* not readable */ }
        done(/task_id/.test(seen) ? seen : "");
      };
    }),
    frame: () => new Promise((done) => {
      const frame = Object.assign(document.createElement("iframe"), { src: `${base}/` });
      frame.onload = () => {
        let seen = "";
        try { seen = frame.contentDocument.querySelector("#table")?.innerText ?? ""; } catch {}
        done(seen);
      };
      document.body.append(frame);
    }),
  };
  const got = Object.entries(tries).map(async ([name, attempt]) =>
    [name, await within(name, attempt().catch(() => ""))]);
  return Object.fromEntries(await Promise.all(got));
}
"""


@pytest.fixture
def foreign() -> Iterator[int]:
    """The port of another site, which has an empty page."""
    page = b"<!doctype html><title>Kittens</title><body>"
    with answering(GET=lambda one: answer(one, 200, page, Content_Type="text/html")) as url:
        yield int(url.rpartition(":")[2])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def job(redis_url: str) -> str:
    Records(redis_url).start("job")
    return redis_url


def stored(redis_url: str) -> dict[bytes, bytes | None]:
    with redis.Redis.from_url(redis_url) as client:
        return {key: client.dump(key) for key in client.keys("task*")}


def nothing_got(page: Page, base: str, redis_url: str) -> None:
    before = stored(redis_url)
    got = page.evaluate(ATTACK, [base, []])
    assert {name: what for name, what in got.items() if what} == {}
    assert stored(redis_url) == before


@pytest.mark.parametrize("host", ["evil.test", "localhost", "127.0.0.1"])
def test_a_page_of_another_origin(
    start_api: StartApi, page: Page, foreign: int, job: str, host: str
) -> None:
    """Another site, another host of this machine, another port of the same host."""
    api = start_api(redis_url=job)
    page.goto(f"http://{host}:{foreign}/")
    nothing_got(page, f"http://127.0.0.1:{api.port}", job)


def rebound(page: Page, port: int) -> str:
    """Opens a page under a name that resolves to the service once it is there."""
    base = f"http://rebound.test:{port}"

    def once(route: Route) -> None:
        route.fulfill(content_type="text/html", body="<!doctype html><title>Kittens</title><body>")

    page.route(f"{base}/kittens", once)
    page.goto(f"{base}/kittens")
    return base


def test_a_page_behind_a_rebound_name(start_api: StartApi, page: Page, job: str) -> None:
    api = start_api(redis_url=job)
    nothing_got(page, rebound(page, api.port), job)


def test_the_attack_is_one(start_api: StartApi, page: Page, job: str) -> None:
    """Where the name is ours, the same page reads and changes all of it."""
    api = start_api(redis_url=job, allowed_hosts=("rebound.test",))
    wanted = ["list", "status", "metrics", "page", "stream", "socket"]
    got = page.evaluate(ATTACK, [rebound(page, api.port), wanted])
    for name in wanted:
        assert got[name], name
    with redis.Redis.from_url(job) as client:
        eventually(lambda: b'"cancelled"' in client.get("task:job"))
