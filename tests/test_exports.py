"""What `progress_backend` gives its users: these names, and nothing else by accident."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import progress_backend


@pytest.mark.parametrize("name", progress_backend.__all__)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    exported = getattr(progress_backend, name)
    assert exported.__name__ == name
    assert exported.__module__.startswith("progress_backend.")
    assert inspect.getdoc(exported)
    assert name in dir(progress_backend)


def test_a_worker_needs_no_web_framework() -> None:
    strangers = {"fastapi", "starlette", "uvicorn", "rich", "flower"}
    code = f"import sys; from progress_backend import *; print([*{strangers} & {{*sys.modules}}])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout == "[]\n", shown.stderr
