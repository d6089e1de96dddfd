"""Writes the npm package of `<task-progress>` from docs/npm and the made scripts; `npm pack` there
makes a file to publish: python -m docs.make_npm [FOLDER]; without a folder, build/npm."""

import shutil
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
STATIC: Final = ROOT / "progress_backend" / "web" / "static"


def write(folder: Path) -> None:
    """Writes the package's files into a folder."""
    shutil.copytree(ROOT / "docs" / "npm", folder, dirs_exist_ok=True)
    for file in (STATIC / "task-progress.js", STATIC / "task-list.js", ROOT / "LICENSE"):
        shutil.copy(file, folder)
    shutil.copy(ROOT / "docs" / "element.md", folder / "README.md")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "npm")
