"""A page opened in the person's browser, by a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

#: In a process of its own, without this terminal: a browser may be one for terminals, which would
#: take the screen and the keys, or one that stays until its window is closed.
_CODE: Final = "import sys, webbrowser; webbrowser.open(sys.argv[1])"


def opens(address: str) -> bool:
    """Has a browser open a page, if one would have a window of its own; whether it would."""
    if not has_window():
        return False
    nowhere = subprocess.DEVNULL
    subprocess.Popen(
        [sys.executable, "-c", _CODE, address],
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
    )
    return True


def has_window(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a browser would have a window of its own, on the screen of whoever asks."""
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION") and not environ.get("DISPLAY"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
