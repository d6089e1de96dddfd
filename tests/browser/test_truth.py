"""Pages that are open while the network, the API or Redis is away: each shows the truth, or says
since when it cannot.

All of them are hurt at the same time, since each takes its while to be noticed."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.browser.looking import marked, never_loaded_again
from tests.browser.sites import Site
from tests.ports import free_port
from tests.records import Records
from tests.servers import Server, Service
from tests.strangers import Way
from tests.web.serving import RunningApi

pytestmark = pytest.mark.slow

#: Within which a page has to say what it does not know, and to know again what it did not: on a
#: machine that is alone 25 s, on a busy one its own pauses come on top.
WITHIN_S = 75
#: How long everything is away at least.
AWAY_S = 20
#: Longer than it takes to open all pages on a busy machine: no worker renews the runs' leases, and
#: the API, too, looks for those that ran out.
LEASE_S = 900

#: An API in a process of its own, so that it can be frozen.
SERVE = (
    "import sys; from progress_backend.settings import Settings; "
    "from progress_backend.web.server.serve import serve; "
    "serve(Settings(redis_url=sys.argv[1], lease_s=float(sys.argv[3])), port=int(sys.argv[2]))"
)


@dataclass
class Scene:
    """One page, how it is hurt and healed, and what was seen of it."""

    page: Page
    records: Records
    hurt: Callable[[], object]
    heal: Callable[[], object]
    #: What the list's page shows beside its state; a record's own shows how old it is.
    since: str = "last message"
    #: Seconds until the page showed that it does not know, and its text.
    known_after: float | None = None
    shown: str = ""
    #: Seconds until it was live again and showed what was recorded meanwhile.
    healed_after: float | None = None

    def state(self) -> str:
        return self.page.locator("#connection").get_attribute("data-state") or ""

    def says_that_it_does_not_know(self) -> bool:
        self.shown = self.page.locator("#state").inner_text()
        fresh = self.page.locator("body").get_attribute("data-fresh")
        return self.state() in ("stale", "away") and fresh == "false" and self.since in self.shown

    def knows(self) -> bool:
        never_loaded_again(self.page)
        return self.state() == "live" and "50%" in self.page.locator("main").inner_text()


@dataclass
class ElementScene(Scene):
    """A page of another origin that has the element alone."""

    def state(self) -> str:
        return self.page.locator("task-progress").get_attribute("data-state") or ""

    def says_that_it_does_not_know(self) -> bool:
        note = self.page.locator("task-progress [part=note]")
        self.shown = note.inner_text() if note.is_visible() else ""
        return self.state() == "stale" and self.shown == "Not up to date"

    def knows(self) -> bool:
        never_loaded_again(self.page)
        return self.state() == "live" and "50%" in self.page.locator("[part=figures]").inner_text()


@dataclass
class World:
    """What the scenes stand on, ended with them."""

    browser: Browser
    folder: Path
    over: ExitStack = field(default_factory=ExitStack)

    def server(self) -> Server:
        server = Server()
        self.over.callback(server.stop)
        return server.start()

    def api(self, server: Server, *origins: str) -> RunningApi:
        settings = Settings(redis_url=server.url, allowed_origins=origins, lease_s=LEASE_S)
        api = RunningApi(create_app(settings))
        self.over.callback(api.stop)
        return api.start()

    def process(self, server: Server) -> tuple[Service, int]:
        port = free_port()
        args = [sys.executable, "-c", SERVE, server.url, str(port), str(LEASE_S)]
        service = Service(args, log=self.folder / f"api-{port}.log")
        self.over.callback(service.stop)
        return service.start(ready="http://", timeout=300), port

    def page(self, port: int, script: str = "", path: str = "/") -> Page:
        context = self.browser.new_context(locale="en-US")
        self.over.callback(context.close)
        context.add_init_script(script)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}{path}", timeout=90_000)
        return page


def scenes(world: World) -> dict[str, Scene]:
    def scene(
        server: Server, port: int, hurt: Callable[[], object], heal: Callable[[], object]
    ) -> Scene:
        records = Records(server.url, LEASE_S)
        records.start("job")
        return Scene(world.page(port), records, hurt, heal)

    made: dict[str, Scene] = {}
    server = world.server()
    made["no network"] = scene(server, world.api(server).port, lambda: None, lambda: None)
    context = made["no network"].page.context
    made["no network"].hurt = lambda: context.set_offline(True)
    made["no network"].heal = lambda: context.set_offline(False)

    server = world.server()
    api, port = world.process(server)
    made["frozen API"] = scene(
        server, port, lambda: api.signal(signal.SIGSTOP), lambda: api.signal(signal.SIGCONT)
    )
    server = world.server()
    made["frozen Redis"] = scene(server, world.api(server).port, server.pause, server.resume)

    server = world.server()
    line = world.over.enter_context(Way(f"http://127.0.0.1:{world.api(server).port}"))
    made["silent proxy"] = scene(server, line.port, line.fall_silent, line.pass_again)

    # The pages of one record and the element, over one such line: it falls silent for all of them.
    server = world.server()
    site = world.over.enter_context(Site())
    line = world.over.enter_context(Way(f"http://127.0.0.1:{world.api(server, site.origin).port}"))
    records = Records(server.url, LEASE_S)
    records.start("job")
    records.member("job-of-it", "flow")
    records.run("job-of-it")
    opened: dict[str, tuple[type[Scene], int, str]] = {
        "silent proxy, task": (Scene, line.port, "/task/job?lang=en"),
        "silent proxy, workflow": (Scene, line.port, "/workflow/flow?lang=en"),
        "silent proxy, element": (ElementScene, site.port, "/"),
    }
    site('<task-progress task-id="job"></task-progress>', line)
    for name, (kind, port, path) in opened.items():
        page, nothing = world.page(port, path=path), lambda: None
        made[name] = kind(page, records, nothing, nothing, since="")
    made["silent proxy, task"].hurt, made["silent proxy, task"].heal = (
        line.fall_silent,
        line.pass_again,
    )

    server = world.server()
    restarted, port = world.process(server)
    made["API restart"] = scene(
        server, port, restarted.stop, lambda: restarted.start(ready="http://", timeout=300)
    )

    server = world.server()
    made["store restart"] = scene(server, world.api(server).port, server.kill, server.start)
    return made


NAMES = [
    "no network", "frozen API", "frozen Redis", "silent proxy", "silent proxy, task",
    "silent proxy, workflow", "silent proxy, element", "API restart", "store restart",
]  # fmt: skip


@pytest.fixture(scope="module")
def seen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Scene]]:
    """All scenes, hurt for a while and healed."""
    world = World(browser, tmp_path_factory.mktemp("truth"))
    with world.over:
        made = scenes(world)
        assert list(made) == NAMES
        for name, scene in made.items():
            until(lambda scene=scene: scene.state() == "live", 90, f"{name}: live at first")
            marked(scene.page)
        hurt_at = time.monotonic()
        for scene in made.values():
            scene.hurt()
        watch(made, lambda scene: scene.says_that_it_does_not_know(), "known_after")
        while time.monotonic() - hurt_at < AWAY_S:
            time.sleep(0.1)
        reported = ("no network", "frozen API", "silent proxy", "silent proxy, task", "API restart")
        record(made, *reported)
        made["silent proxy, workflow"].records.progress("job-of-it", 126)
        for scene in made.values():
            scene.heal()
        made["store restart"].records.start("job")
        record(made, "frozen Redis", "store restart")
        watch(made, lambda scene: scene.knows(), "healed_after")
        for name, scene in made.items():
            print(f"{name}: {scene.shown!r} after {scene.known_after}, well {scene.healed_after}")
        yield made


def record(made: dict[str, Scene], *names: str) -> None:
    """What the pages cannot have received yet."""
    for name in names:
        made[name].records.progress("job", 126)


def watch(made: dict[str, Scene], condition: Callable[[Scene], bool], after: str) -> None:
    """Notes of each scene after how many seconds the condition holds."""
    began = time.monotonic()
    waiting = list(made.values())
    while waiting and (passed := time.monotonic() - began) < WITHIN_S:
        for scene in [scene for scene in waiting if condition(scene)]:
            setattr(scene, after, passed)
            waiting.remove(scene)
        time.sleep(0.1)


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_since_when_it_does_not_know_and_knows_again(
    seen: dict[str, Scene], name: str
) -> None:
    scene = seen[name]
    assert scene.known_after is not None, f"it still says {scene.shown!r}"
    assert scene.healed_after is not None, "it does not recover"


def test_an_unreachable_store_is_reported_when_the_page_opens(
    browser: Browser, tmp_path: Path
) -> None:
    world = World(browser, tmp_path)
    with world.over:
        server = world.server()
        frozen = world.server()
        ports = [world.api(server).port, world.api(frozen).port]
        server.kill()
        frozen.pause()
        for port in ports:
            page = world.page(port)
            notice = page.locator("#notice")
            until(lambda at=notice: "is not answering" in at.inner_text(), WITHIN_S, "it is shown")
            state = page.locator("#connection")
            until(lambda at=state: at.inner_text() == "Not up to date", WITHIN_S, "it is old")


def test_an_act_while_the_store_is_away_is_refused_in_words(
    browser: Browser, tmp_path: Path
) -> None:
    world = World(browser, tmp_path)
    with world.over:
        server = world.server()
        Records(server.url).start("job")
        page = world.page(world.api(server).port)
        pause = page.locator('tr[data-task-id="job"] [data-action="pause"]')
        pause.wait_for()
        server.kill()
        pause.click()
        notice = page.locator("#notice")
        wanted = "Not done: Redis does not answer."
        until(lambda: notice.inner_text() == wanted, WITHIN_S, "the refusal is shown")
