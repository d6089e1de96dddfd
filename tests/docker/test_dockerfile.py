"""The Dockerfile's lint; needs no engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docker.engine import DOCKERFILE

HADOLINT = Path(sys.executable).parent / "hadolint"


def hadolint(file: Path) -> subprocess.CompletedProcess[str]:
    if not HADOLINT.exists():
        # The package has binaries for Linux, macOS and Windows, and no others.
        pytest.skip("hadolint is not there for this platform")
    return subprocess.run([HADOLINT, "--no-color", file], capture_output=True, text=True)


def test_hadolint_finds_nothing() -> None:
    done = hadolint(DOCKERFILE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadolint_does_find_what_is_wrong(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python\nRUN cd /tmp\nCMD python3 -m api.app\n")
    done = hadolint(bad)
    assert done.returncode == 1
    for rule in ("DL3006", "DL3003", "DL3025"):
        assert rule in done.stdout
