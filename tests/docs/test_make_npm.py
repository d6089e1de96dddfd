"""The npm package of <task-progress>."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from docs import make_npm


def test_each_file_that_it_names_is_there(tmp_path: Path) -> None:
    make_npm.write(tmp_path / "npm")
    made = json.loads((tmp_path / "npm" / "package.json").read_text("utf-8"))
    named = [made["main"], made["types"], *made["files"], *made["exports"]["."].values()]
    for name in (*named, "README.md", "LICENSE"):
        assert (tmp_path / "npm" / name).is_file(), name
    assert (tmp_path / "npm" / made["main"]).read_bytes() == make_npm.ELEMENT.read_bytes()


@pytest.mark.wide
def test_a_server_that_renders_a_page_may_import_it(tmp_path: Path) -> None:
    """As Next.js and Nuxt do: where there is no document, there is no element."""
    make_npm.write(tmp_path)
    script = 'console.log(Object.keys(await import("./task-progress.js")))'
    node, _ = compute_driver_executable()  # the one that playwright brings
    asked = [node, "--input-type=module", "--eval", script]
    done = subprocess.run(asked, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    assert done.stdout.decode().strip() == "[ 'TaskProgress' ]"
