"""The script of `make abuse`, for a moment."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.servers import ROOT


# Beside other tests it would take their time: by `make chaos` alone.
@pytest.mark.chaos
@pytest.mark.long
def test_the_script_of_abuse_tells_what_came_of_each_attack() -> None:
    environ = {**os.environ, "PEACE": "1", "SECONDS": "3", "RATE": "5"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.abuse"],
        cwd=ROOT, env=environ, capture_output=True, text=True, timeout=90,
    )  # fmt: skip
    # Whether it is late says a run of a moment, beside other tests, of nothing.
    assert done.returncode in (0, 1), done.stderr
    said = done.stdout
    assert "5xx: 0;" in said, said + done.stderr
    for attack, answer in (
        ("records by one token", "201"),
        ("reads without a token", "401"),
        ("guessed tokens", "401"),
        ("half requests", "left open"),
        ("no request at all", "400"),
        ("wrong frames", "closed"),
        ("sockets and nothing else", "left open"),
    ):
        assert re.search(rf"^{attack}: .*\d {answer}", said, re.MULTILINE), (attack, said)
    assert re.search(r"99 of 100 of the watchers are told within [\d.]+ ms in peace", said)
