"""The project's own promises: one version, pins without addresses, what the sdist holds, make."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.servers import ROOT, ran

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PROJECT["project"]["version"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")


def requirements() -> list[Requirement]:
    extras = PROJECT["project"]["optional-dependencies"]
    lists = [PROJECT["project"]["dependencies"], *extras.values()]
    lists += [[r for r in g if isinstance(r, str)] for g in PROJECT["dependency-groups"].values()]
    return [Requirement(text) for texts in lists for text in texts]


def test_every_requirement_is_pinned_to_a_version_it_allows() -> None:
    pins: dict[str, list[str]] = {}
    for line in CONSTRAINTS.splitlines():
        pin = Requirement(line)
        pins.setdefault(canonicalize_name(pin.name), []).append(str(pin.specifier)[2:])
    for requirement in requirements():
        name = canonicalize_name(requirement.name)
        if name == canonicalize_name(PROJECT["project"]["name"]):
            continue
        assert name in pins, f"{name} is not pinned: make constraints"
        fit = any if requirement.marker else all  # a pin of another Python's may differ
        assert fit(requirement.specifier.contains(v) for v in pins[name]), (requirement, pins[name])


def test_the_pins_hold_no_address() -> None:
    assert not re.search(r"https?://|--index|--find-links", CONSTRAINTS)


def test_the_version_stands_in_one_place() -> None:
    assert version("progress-backend") == VERSION
    spelled = [
        path
        for folder in ("progress_backend", "api", "workers")
        for path in (ROOT / folder).rglob("*.py")
        if f'"{VERSION}"' in path.read_text(encoding="utf-8")
    ]
    assert spelled == []
    assert f"\n- {VERSION}," in (changes := (ROOT / "CHANGELOG.md").read_text()) or (
        f"## [{VERSION}]" in changes
    )


@pytest.mark.wide
def test_the_sdist_holds_all_that_a_clone_has(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no clone: this is an sdist itself, and no git lists its files")
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    build = "import sys, hatchling.build as b; print(b.build_sdist(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True, capture_output=True
    )
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = {name for name in tracked.stdout.split("\0") if name and (ROOT / name).exists()}
    assert wanted - held == set()
    assert not [name for name in held if "__pycache__" in name or name.startswith(".venv")]


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
class TestMake:
    @pytest.fixture
    def clone(self, tmp_path: Path) -> Path:
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, tmp_path / name)
        return tmp_path

    def run(self, clone: Path, *args: str) -> subprocess.CompletedProcess[str]:
        return ran(["make", *args], cwd=clone, env={"PATH": os.environ["PATH"]})

    def test_refuses_an_older_python(self, clone: Path, tmp_path: Path) -> None:
        old = tmp_path / "old-python"
        # A Python with another version: what an old one would answer to the Makefile.
        old.write_text(
            f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (3, 10)\n$2"\n'
        )
        old.chmod(0o755)
        assert "Python 3.11 or newer" in self.run(clone, "venv", f"PYTHON={old}").stderr


def test_the_ci_script_is_valid_and_executable() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
