"""A page opened in the person's browser, by a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

#: In a process of its own, without this terminal: a browser may be one for terminals, which would
#: take the screen and the keys, or one that stays until its window is closed.
_CODE: Final = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


class Opening:
    """A page that is being opened."""

    def __init__(self, address: str) -> None:
        self.address: Final = address
        nowhere = subprocess.DEVNULL
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE, address],
            stdin=nowhere,
            stdout=nowhere,
            stderr=nowhere,
            start_new_session=True,
        )

    def outcome(self) -> bool | None:
        """Whether a browser has taken it; None while that is not known."""
        code = self._process.poll()
        return None if code is None else code == 0


def has_window(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a browser would have a window of its own, on the screen of whoever asks."""
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION") and not environ.get("DISPLAY"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
