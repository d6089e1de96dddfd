"""Source distributions from the package index, for tests that are part of them."""

import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]


def unpacked(project: str, *parts: str) -> Path:
    """The folder with these parts of the source distribution of what is installed, fetched if it is
    not there. Its own package stays packed: what is tested is the installed one.

    Raises:
        CalledProcessError: the package index does not give it.
    """
    name, parent = f"{project}-{version(project)}", ROOT / "build" / "sdists"
    folder, archive = parent / name, parent / f"{name}.tar.gz"
    if all((folder / part).exists() for part in parts):
        return folder
    parent.mkdir(parents=True, exist_ok=True)
    if not archive.exists():
        fetch = ["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(parent)]
        subprocess.run([sys.executable, "-m", "pip", *fetch, name.replace("-", "==")], check=True)
    inside = tuple(f"{name}/{part}" for part in parts)
    with tarfile.open(archive) as packed:
        wanted = [one for one in packed.getmembers() if one.name.startswith(inside)]
        packed.extractall(parent, wanted, filter="data")
    return folder
