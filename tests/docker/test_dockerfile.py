"""The Dockerfile's lint; needs no engine."""

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
