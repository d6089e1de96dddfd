"""What the README's first screen says happens."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import pytest

from docs.make_badges import badges
from progress_backend import TaskStatus
from tests.docs.reading import blocks, text_of
from tests.docs.walking import Walk
from tests.servers import ROOT
from tests.waiting import eventually

FIRST = "Your first bar"


def kinds(value: Any) -> Any:
    """The shape of an answer: its names, and the types of their values."""
    if isinstance(value, dict):
        return {name: kinds(inner) for name, inner in value.items()}
    return type(value)


@pytest.mark.parametrize("document", ["README.md", "README.ja.md"])
def test_the_clone_stands_first_until_a_release(document: str) -> None:
    spec = importlib.util.spec_from_file_location("check", ROOT / ".ci" / "release_check.py")
    assert spec is not None
    assert spec.loader is not None
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    readme = text_of(document)
    turned = check.released(readme)
    clone, package, until = "\nmake demo", "pip install 'progress-backend[", "pip install '.["
    assert readme.index(clone) < readme.index(package) < readme.index(until)
    assert turned.index(package) < turned.index(clone)
    assert until not in turned
    assert check.released(turned) == turned


def test_the_badges_are_of_the_package_as_it_is() -> None:
    for file, svg in badges():
        assert file.read_text("utf-8") == svg, "make them again: python -m docs.make_badges"
        assert f"docs/pictures/{file.name}" in text_of("README.md")


@pytest.mark.integration
class TestFirstScreen:
    def test_the_job_answers_as_shown(self, walk: Walk) -> None:
        (shown,) = blocks("README.md", FIRST, "json")
        (whole,) = blocks("docs/quick-start.md", "Reading the record", "json")
        walk.follow(blocks("README.md", FIRST))
        task_id = walk.variables["ID"]
        assert walk.answers[0].status_code == 200

        def running() -> dict[str, Any] | None:
            body = walk.http.get(f"/internal/task/{task_id}/status").json()
            return body if body.get("rate") and body["progress"]["current"] else None

        body, wanted = eventually(running), json.loads(shown.text)
        assert body is not None
        assert list(body) == list(json.loads(whole.text))
        assert kinds(body) == {**kinds(json.loads(whole.text)), "metadata": {}}
        assert wanted.items() <= json.loads(whole.text).items()
        assert body["task_type"] == wanted["task_type"]
        assert body["symbol"] == wanted["symbol"]
        assert body["status"] == wanted["status"]
        current = body["progress"]["current"]
        assert body["current_status"] == f"Saving prices ({current}/252)"
        answer = walk.http.post(f"/internal/task/{task_id}/cancel")
        assert answer.json()["status"] == TaskStatus.CANCELLED
