"""The library's floors hold, and the reader that says so would notice if they didn't."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests import floors
from tests.servers import ROOT

CALL = "def renew() -> Call[None]: ..."
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
    ("files", "says"),
    [
        ({"record/model.py": "from ..store.drivers import Store", "store/drivers.py": ""},
         "record.model imports store.drivers: that is upward"),
        ({"store/a.py": "from ..web.app import x", "web/app.py": "x = 1"}, "web.app: that is up"),
        ({"web/app.py": "from progress_backend import install", "__init__.py": ""}, "upward"),
        ({"runs/run.py": "from ..live.receivers import x", "live/receivers.py": "x = 1"},
         "runs.run imports live.receivers: rooms of one floor know nothing of one another"),
        ({"record/transition.py": "from redis.asyncio import Redis"}, "transition imports redis"),
        ({"flows/a.py": "import os.path"}, "flows.a imports os: flows is pure"),
        ({"settings.py": "import os"}, "settings imports os: settings is pure"),
        ({"record/model.py": "from datetime import datetime\ndatetime.now()"},
         "record.model:2 reads a clock"),
        ({"web/a.py": "import threading as t\nt.Thread().start()"}, "web.a:2 starts a thread"),
        ({"store/a.py": "import workers.app"}, "store.a imports workers: the library knows"),
        ({"news.py": ""}, "news: stands on no floor"),
        ({"operations/a.py": CALL, "store/b.py": "from ..operations import a\na.renew()"},
         "store.b:2 makes a.renew(…), which nothing carries out"),
        ({"operations/a.py": CALL, "store/b.py": "from ..operations.a import renew\nrenew()"},
         "store.b:2 makes renew(…), which nothing carries out"),
        ({"flows/a.py": "x = cast(int, y)"}, "flows.a:1 casts"),
        ({"operations/a.py": "def read(x: list[Any]) -> Call[int]: ..."}, "a.read takes Any"),
        ({"flows/a.py": "def f() -> Flow[int]:\n    return (yield from g())"}, "f passes on what"),
        ({"record/a.py": "from .b import x", "record/b.py": "from . import a"},
         "circle: record.a -> record.b -> record.a"),
        ({"store/a.py": "x = 1", "cli/b.py": "def f():\n    from ..store import a"},
         "cli.b imports store.a, which is not for cli"),
        ({"operations/keys.py": KEYS, "store/a.py": 'x = f"task:{1}"'}, "store.a:1 spells a key"),
        ({"operations/keys.py": KEYS, "operations/a.lua": "-- 'task:'\nget('task:' .. 1)"},
         "a.lua spells a key"),
    ],
)  # fmt: skip
def test_each_broken_rule_is_reported(tmp_path: Path, files: dict[str, str], says: str) -> None:
    found = package(tmp_path, files)
    assert len(found) == 1, found
    assert says in found[0]


def test_no_two_classes_have_one_name() -> None:
    files = (ROOT / floors.PACKAGE).rglob("*.py")
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))))
    names = [node.name for node in nodes if isinstance(node, ast.ClassDef)]
    assert {name for name, times in Counter(names).items() if times > 1} == set()


def test_the_top_folder_has_at_most_eight_modules() -> None:
    assert len([*(ROOT / floors.PACKAGE).glob("[!_]*.py")]) <= 8
