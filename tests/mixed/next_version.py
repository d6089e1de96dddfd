"""The wheels of this version and of a next one, which has more: a field, a value of the
bookkeeping, a text with its code, an entry of the timeline, a setting, a key of the header."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.servers import ROOT

LIBRARY: Final = "progress_backend"
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


def installed(folder: Path, *, newer: bool) -> Path:
    """Builds the wheel of a version and installs it; returns the folder for Python's path."""
    tree, place = folder / f"tree-{newer}", folder / f"version-{newer}"
    shutil.copytree(ROOT / LIBRARY, tree / LIBRARY, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    if newer:
        _change_all(tree)
    build = ("build", "--wheel", "--no-isolation", "--outdir", tree / "dist", tree)
    pip = ("pip", "install", "--quiet", "--no-index", "--no-deps", "--target", place)
    _run(*build)
    _run(*pip, *tree.glob("dist/*.whl"))
    return place


def _change_all(tree: Path) -> None:
    for name, known, more in ADDED:
        change(tree / LIBRARY / name, known, known + more)
    change(tree / LIBRARY / "record/fields.py", "VERSION: Final = 1", "VERSION: Final = 2")
    change(tree / LIBRARY / "record/steps/ends.py", '"completed")', '"checked")')
    change(tree / "pyproject.toml", '\nversion = "1.0.0"', '\nversion = "1.1.0"')


def _run(module: str, *args: str | Path) -> None:
    done = subprocess.run([sys.executable, "-m", module, *args], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{path} has {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), "utf-8")
