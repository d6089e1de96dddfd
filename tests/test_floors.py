"""The library's floors hold, and the reader that says so would notice if they didn't."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import floors
from tests.servers import ROOT

KEYS = 'def task(i):\n    """task:{id} is a record"""\n    return f"task:{i}"\n'


def test_the_library_keeps_its_floors() -> None:
    found = floors.problems(ROOT / floors.PACKAGE)
    assert not found, "\n".join(found)


def package(folder: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return floors.problems(folder)


@pytest.mark.parametrize(
    "files",
    [
        {"model.py": "import json\nfrom datetime import datetime"},
        {"wire.py": "from .model import Task", "model.py": "Task = 1"},
        {"store.py": "import redis, os\nfrom . import keys", "keys.py": KEYS},
        {"web/__init__.py": "from .app import a", "web/app.py": "from ..model import b\na = b"}
        | {"model.py": "b = 1"},
        {"errors.py": 'raise ValueError("task: no such thing")', "keys.py": KEYS},
        {"errors.py": '"""As task:{id} says."""', "keys.py": KEYS},
    ],
)
def test_what_keeps_the_rules_passes(tmp_path: Path, files: dict[str, str]) -> None:
    assert package(tmp_path, files) == []


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"model.py": "from .store import Store", "store.py": ""}, "imports store: that is upward"),
        ({"wire.py": "def f():\n    from progress_backend import flows", "flows.py": ""}, "upward"),
        ({"store.py": "from .web.app import x", "web/app.py": "x = 1"}, "web.app: that is upward"),
        ({"web/app.py": "from progress_backend import install", "__init__.py": ""}, "upward"),
        ({"transition.py": "from redis.asyncio import Redis"}, "transition imports redis"),
        ({"flows.py": "import os.path"}, "flows imports os: plan are pure"),
        ({"model.py": "from datetime import datetime\ndatetime.now()"}, "model:2 reads a clock"),
        ({"store.py": "import workers.app"}, "store imports workers: the library knows nothing"),
        ({"news.py": ""}, "news: stands on no floor"),
        (
            {"model.py": "from .events import x", "events.py": "from . import model"},
            "circle: events -> model -> events",
        ),
        (
            {"web/a.py": "from . import b", "web/b.py": "from .a import x"},
            "web.a -> web.b -> web.a",
        ),
        ({"keys.py": KEYS, "store.py": 'x = f"task:{1}"'}, "store:1 spells a key"),
        ({"keys.py": KEYS, "scripts/a.lua": "-- 'task:'\nget('task:' .. 1)"}, "a.lua spells a key"),
    ],
)
def test_what_breaks_a_rule_is_told(tmp_path: Path, files: dict[str, str], says: str) -> None:
    found = package(tmp_path, files)
    assert len(found) == 1, found
    assert says in found[0]
