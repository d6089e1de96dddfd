"""Firefox, driven through its own WebDriver (BiDi): Debian packs no geckodriver."""

from __future__ import annotations

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
READY = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
#: How long a busy machine may take to start a browser, or to answer a command.
START_S, ANSWER_S = 240, 240

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
            self._process = subprocess.Popen(
                [binary, "--headless", "--no-remote", "--remote-debugging-port=0",
                 "--profile", str(profile)],
                stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - the child only calls prctl
            )  # fmt: skip
        self._over = ExitStack()
        self._over.callback(self._process.wait)
        self._over.callback(self._process.kill)

        def address() -> str | None:
            written = log.read_text(errors="replace")
            assert self._process.poll() is None, written
            found = READY.search(written)
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
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])

    def close(self) -> None:
        """Ends the browser and all its processes."""
        try:
            self.ask("browser.close")
            self._process.wait(60)
        finally:
            self._over.close()

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """The answer to a command of WebDriver BiDi; AssertionError where there is none."""
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(ANSWER_S))
            if message.get("id") == self._sent:
                assert message["type"] == "success", (
                    f"{method}: {message['error']}: {message['message']}"
                )
                return dict(message["result"])
            entry = message.get("params", {})
            if message.get("method") == "log.entryAdded" and entry["level"] in ("error", "warn"):
                self.complaints.append(entry["text"])

    @contextmanager
    def tab(self, url: str) -> Iterator[Tab]:
        """A page of its own, closed afterwards."""
        of = self.ask("browser.createUserContext")["userContext"]
        context = self.ask("browsingContext.create", type="tab", userContext=of)["context"]
        self.ask("browsingContext.navigate", context=context, url=url, wait="complete")
        try:
            yield Tab(self, context)
        finally:
            self.ask("browser.removeUserContext", userContext=of)


class Tab:
    """One page."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox, self._context = firefox, context

    def evaluate(self, function: str, *arguments: object) -> Any:
        """What a JavaScript function returns for these arguments, both as JSON."""
        reply = self._firefox.ask(
            "script.callFunction", awaitPromise=True, target={"context": self._context},
            functionDeclaration=f"async (given) => "
            f"JSON.stringify(await ({function})(...JSON.parse(given))) ?? 'null'",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
        )  # fmt: skip
        assert reply["type"] == "success", reply["exceptionDetails"]["text"]
        return json.loads(reply["result"]["value"])

    def shows(self, *texts: str) -> str:
        """Waits until each text can be read, and is what can be read then."""

        def all_there() -> str | None:
            now = str(self.evaluate(TEXT))
            missing = [text for text in texts if text not in now]
            assert not missing, f"{missing} not in {now}"
            return now

        return str(eventually(all_there, what=f"Firefox shows {texts}"))
