"""The page for users' tests: its project and its tests, run by pytest in an empty folder."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.docs.reading import blocks
from tests.servers import ran


@pytest.mark.wide
def test_its_tests_pass_in_a_project_of_their_own(tmp_path: Path) -> None:
    followed(tmp_path, Path(sys.executable).parent)


def followed(folder: Path, programs: Path) -> None:
    """Writes the page's files into a folder and has its pytest run them."""
    shown = [
        *blocks("docs/testing.md", language="python"),
        *blocks("docs/testing.md", language="toml"),
    ]
    for block in shown:
        assert block.file is not None, f"{block}: its first line must name its file"
        path = folder / block.file
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    # No server is there to be found, and no setting of ours.
    env = {"PATH": os.environ["PATH"]}
    program = programs / "pytest"  # as a person calls it
    done = ran([program, "-q", "-W", "error", "-p", "no:asyncio", "tests"], cwd=folder, env=env)
    count = sum(len(re.findall(r"^def test_", block.text, re.MULTILINE)) for block in shown)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert f"{count} passed" in done.stdout, done.stdout
