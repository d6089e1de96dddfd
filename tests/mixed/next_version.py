"""A tree of this library as its next version: a field, a value of the bookkeeping, a text with its
code, an entry of the timeline, a setting and a key of the message's header more."""

import shutil
from pathlib import Path
from typing import Final

from tests.servers import ROOT

_TEXT: Final = '        "checked": "Checked",\n'
#: File, what stands in it, and what the next version adds behind it.
ADDED: Final = (
    (
        "record/fields.py",
        'the newest task that runs this one again.")] = None\n',
        '    stage: Annotated[str | None, is_("A field of the next version.")] = None\n',
    ),
    ("record/fields.py", "    scheduled: bool = False\n", "    depth: int = 0\n"),
    ("record/model.py", "    again_by: str | None = None\n", "    stage: str | None = None\n"),
    ("record/model.py", "    scheduled: bool = False\n", "    depth: int = 0\n"),
    ("record/task_json.py", '"again", "again_of", "again_by"', ', "stage"'),
    ("record/task_json.py", "        body.again_by,\n", "        body.stage,\n"),
    ("record/task_json.py", '"scheduled", "keeps_message"', ', "depth"'),
    ("record/task_json.py", "        kept.scheduled,\n", "        kept.depth,\n"),
    ("record/steps/starts.py", "        worker=event.worker,\n", '        stage="s", depth=7,\n'),
    (
        "record/timeline.py",
        "            return _redelivered(before, event, after)",
        ' or _entry("checked", after.updated_at, attempt=after.attempt)',
    ),
    ("record/default_texts.py", '        "completed": "完了しました",\n', _TEXT),
    ("record/default_texts.py", '        "completed": "Completed",\n', _TEXT),
    ("settings.py", "    enabled: bool = True\n", '    stage: str = ""\n'),
    (
        "tracking/created_header.py",
        "    header[DIGEST] = applied.base.digest\n",
        '    header["stage"] = "s"\n',
    ),
)


def build(folder: Path) -> Path:
    """Makes the tree; returns the folder to be first on Python's path."""
    library = folder / "progress_backend"
    shutil.copytree(
        ROOT / "progress_backend", library, ignore=shutil.ignore_patterns("__pycache__")
    )
    for name, known, more in ADDED:
        change(library / name, known, known + more)
    change(library / "record/fields.py", "VERSION: Final = 1", "VERSION: Final = 2")
    change(library / "record/steps/ends.py", '"completed")', '"checked")')
    return folder


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{path} has {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), "utf-8")
