"""Firefox, spoken to through its own WebDriver (BiDi): Debian packs no geckodriver.

`locate` and `press` go by role and name, as a person or a screen reader finds a thing.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from progress_backend.embedded import die_with_parent
from tests.waiting import eventually

#: Nothing of another host is asked for, and nothing is shown that is not the page's.
PREFERENCES: dict[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    # No page asks for the picture in its tab: that would be one more complaint of a strict policy.
    "browser.chrome.site_icons": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}
#: What a person sets who needs colours of their own; Firefox takes them at once.
FORCED = {"browser.display.document_color_use": 2, "ui.useAccessibilityTheme": 1}
READY = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
#: How long a busy machine may take to start a browser, or to answer a command.
START_S, ANSWER_S = 60, 60
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "Escape": "\ue00c", "Space": " "}

#: Everything that is on the screen as text, that of shadow trees as well.
TEXT = """() => {
  const texts = [document.body.innerText];
  for (const host of document.querySelectorAll("task-progress")) {
    for (const part of host.shadowRoot.querySelectorAll("[part]")) {
      if (part.checkVisibility()) texts.push(part.innerText);
    }
  }
  return texts.join("\\n");
}"""


class Firefox:
    """One browser, with a profile of its own."""

    def __init__(self, binary: str, profile: Path) -> None:
        self._profile = profile
        lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items())
        (profile / "user.js").write_text("\n".join(lines))
        log = profile / "log"
        with log.open("wb") as stderr:
            # Without access to itself the preferences could not change while it runs.
            self._process = subprocess.Popen(
                [binary, "--headless", "--no-remote", "--remote-debugging-port=0",
                 "--remote-allow-system-access", "--profile", str(profile)],
                stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - the child only calls prctl
            )  # fmt: skip
        self._over = ExitStack()
        self._over.callback(self._process.wait)
        self._over.callback(self._process.kill)

        def address() -> str | None:
            said = log.read_text(errors="replace")
            assert self._process.poll() is None, said
            found = READY.search(said)
            return found and found[1]

        try:
            url = eventually(address, START_S, what="Firefox listens")
            line = connect(f"{url}/session", proxy=None, max_size=None)
            self._socket: ClientConnection = self._over.enter_context(line)
        except BaseException:
            self._over.close()
            raise
        self._sent = 0
        #: The newest of what pages' scripts, consoles and policies complained of.
        self.complaints: deque[str] = deque(maxlen=100)
        self.version: str = self.ask("session.new", capabilities={})["capabilities"][
            "browserVersion"
        ]
        self.ask("session.subscribe", events=["log.entryAdded"])

    def close(self) -> None:
        """Ends the browser and all its processes."""
        try:
            self.ask("browser.close")
            self._process.wait(20)
        finally:
            self._over.close()

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """The answer to a command of WebDriver BiDi; AssertionError where there is none."""
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(ANSWER_S))
            if said.get("id") == self._sent:
                assert said["type"] == "success", f"{method}: {said['error']}: {said['message']}"
                return dict(said["result"])
            entry = said.get("params", {})
            if said.get("method") == "log.entryAdded" and entry["level"] in ("error", "warn"):
                self.complaints.append(entry["text"])

    @contextmanager
    def tab(
        self, url: str, *, locale: str = "en-US", width: int = 1280, height: int = 900
    ) -> Iterator[Tab]:
        """A page of its own, closed afterwards."""
        of = self.ask("browser.createUserContext")["userContext"]
        context = self.ask("browsingContext.create", type="tab", userContext=of)["context"]
        self.ask("emulation.setLocaleOverride", userContexts=[of], locale=locale)
        size = {"width": width, "height": height}
        self.ask("browsingContext.setViewport", context=context, viewport=size)
        tab = Tab(self, context)
        tab.go(url)
        try:
            yield tab
        finally:
            self.ask("browser.removeUserContext", userContext=of)

    @contextmanager
    def forced_colours(self) -> Iterator[None]:
        """Has the browser take its own colours for a page's, as high contrast themes do."""
        self._set(FORCED)
        try:
            yield
        finally:
            self._set(dict.fromkeys(FORCED))

    def _set(self, preferences: dict[str, Any]) -> None:
        chrome = self.ask("browsingContext.getTree", **{"moz:scope": "chrome"})
        window = chrome["contexts"][0]["context"]
        for name, value in preferences.items():
            call = f"clearUserPref({name!r})" if value is None else f"setIntPref({name!r}, {value})"
            expression = f"Services.prefs.{call}"
            self.ask(
                "script.evaluate", expression=expression, awaitPromise=False,
                target={"context": window},
            )  # fmt: skip


class Tab:
    """One page."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox, self._context = firefox, context

    def go(self, url: str) -> None:
        """Loads an address, and returns as its document has loaded."""
        self._ask("browsingContext.navigate", url=url, wait="complete")

    def evaluate(self, function: str, *arguments: object) -> Any:
        """What a JavaScript function returns for these arguments, both as JSON."""
        said = self._firefox.ask(
            "script.callFunction", awaitPromise=True, target={"context": self._context},
            functionDeclaration=f"async (given) => "
            f"JSON.stringify(await ({function})(...JSON.parse(given))) ?? 'null'",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
        )  # fmt: skip
        assert said["type"] == "success", said["exceptionDetails"]["text"]
        return json.loads(said["result"]["value"])

    def text(self) -> str:
        """All that can be read on it."""
        return str(self.evaluate(TEXT))

    def shows(self, *texts: str) -> str:
        """Waits until each text can be read, and is what can be read then."""

        def all_there() -> str | None:
            now = self.text()
            missing = [text for text in texts if text not in now]
            assert not missing, f"{missing} not in {now}"
            return now

        return str(eventually(all_there, 30, what=f"Firefox shows {texts}"))

    def locate(self, role: str, name: str) -> list[str]:
        """The elements that a screen reader calls so, outside shadow trees."""
        locator = {"type": "accessibility", "value": {"role": role, "name": name}}
        found = self._ask("browsingContext.locateNodes", locator=locator)
        return [node["sharedId"] for node in found["nodes"]]

    def focused(self) -> str:
        """The name, or the text, of what has the focus; nothing where that is the whole page."""
        return str(
            self.evaluate(
                "() => { let at = document.activeElement;"
                " at = at.shadowRoot?.activeElement ?? at;"
                " return at === document.body ? ''"
                " : (at.getAttribute('aria-label') ?? at.textContent).trim(); }"
            )
        )

    def press(self, role: str, name: str) -> None:
        """Clicks on it with the mouse, once it is there."""
        (node,) = eventually(lambda: self.locate(role, name), 30, what=f"{role} {name!r}")
        origin = {"type": "element", "element": {"sharedId": node}}
        self._act(
            "pointer",
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        )

    def key(self, name: str) -> None:
        """A key of the keyboard, pressed and let go."""
        value = KEYS[name]
        self._act("key", {"type": "keyDown", "value": value}, {"type": "keyUp", "value": value})

    def tab_to(self, text: str, at_most: int = 60) -> None:
        """Goes from place to place by the Tab key alone until the focus is on the text."""
        passed: list[str] = []
        while (now := self.focused()) != text:
            passed.append(now[:30])
            assert len(passed) < at_most, f"no {text!r} among {passed}"
            self.key("Tab")

    def wider_than_its_window(self) -> int:
        """By how many pixels the page can be scrolled sideways."""
        return int(self.evaluate("() => document.documentElement.scrollWidth - innerWidth"))

    def screenshot(self) -> bytes:
        """The window, as PNG."""
        return base64.b64decode(self._ask("browsingContext.captureScreenshot")["data"])

    def _ask(self, method: str, **params: object) -> dict[str, Any]:
        return self._firefox.ask(method, context=self._context, **params)

    def _act(self, kind: str, *actions: dict[str, object]) -> None:
        source = {"type": kind, "id": kind, "actions": list(actions)}
        self._ask("input.performActions", actions=[source])
