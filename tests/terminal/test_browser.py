"""Where a page is opened in a browser."""

from __future__ import annotations

import pytest

from progress_backend.terminal import browser


@pytest.mark.parametrize(
    ("environ", "there"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"SSH_CONNECTION": "a 1 b 22"}, False),
        ({"SSH_CONNECTION": "a 1 b 22", "DISPLAY": "localhost:10.0"}, True),
        ({"SSH_CONNECTION": "a 1 b 22", "BROWSER": "open-over-there"}, True),
    ],
)
def test_a_browser_needs_a_window_on_the_person_s_screen(
    environ: dict[str, str], there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert browser.has_window(environ) is there


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_have_one_but_for_ssh(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert browser.has_window({})
    assert not browser.has_window({"SSH_CONNECTION": "a 1 b 22"})
