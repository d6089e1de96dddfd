"""All commands of the documents, as a newcomer types them: in an environment that has what the
documents' own `pip install` brings, and nothing of this folder."""

import os
import shlex
import subprocess
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.docs.reading import blocks, commands_in_prose, documents
from tests.docs.test_testing import followed
from tests.docs.walking import StartService, Walk
from tests.servers import ROOT, ran
from tests.test_wheel import INSTALL_S, NO_INDEX, wheel

__all__ = ["wheel"]
pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: What the reader of the quick start has beforehand.
FRAMEWORKS = {"docs/frameworks.md": ("django", "flask"), "docs/testing.md": ("pytest",)}
README = "README.md"
#: Needs a container engine: tests/docker/test_documents.py.
DOCKER = "docs/docker.md"
LONG = pytest.mark.long


class Environment:
    """A new virtual environment, into which the documents' own commands install."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        venv.create(folder, with_pip=True, symlinks=True)
        self.programs = folder / "bin"
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
        self._env = {
            **kept,
            "PATH": os.pathsep.join([str(self.programs), os.environ["PATH"]]),
            # Where the package is published, and the versions that are tested.
            "PIP_FIND_LINKS": str(wheel.parent),
            "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        self._had: set[str] = set()

    def of(self, document: str) -> Path:
        """The programs, once there is what the README and the document say is to be installed."""
        for each in (README, document):
            for command in installs(each):
                self._install(command, ROOT if " '.[" in command else self.programs)
        if document in FRAMEWORKS:
            self._install(f"pip install {shlex.join(FRAMEWORKS[document])}", self.programs)
        return self.programs

    def run(self, command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        return ran(command, cwd=cwd, env=self._env, timeout=INSTALL_S)

    def _install(self, command: str, cwd: Path) -> None:
        if command in self._had:
            return
        self._had.add(command)
        done = self.run(shlex.split(command), cwd)
        if done.returncode and NO_INDEX.search(done.stderr):
            missing("package index that answers")
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def installs(document: str) -> list[str]:
    lines = [line for block in blocks(document, language="sh") for line in block.text.splitlines()]
    return [line for line in lines + commands_in_prose(document) if line.startswith("pip ")]


def following() -> list[Any]:
    """The documents that have commands in blocks, the README at each run: the others' commands are
    followed in this environment by the tests beside. Those of a Japanese page are its twin's."""
    others = [
        document
        for document in documents()
        if document not in (README, DOCKER)
        and not document.endswith(".ja.md")
        and blocks(document, language="sh")
    ]
    return [(README, README), *(pytest.param(*[each] * 2, marks=LONG) for each in others)]


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("fresh") / "env", wheel)


@pytest.fixture
def fresh(
    request: pytest.FixtureRequest,
    environment: Environment,
    tmp_path: Path,
    redis_url: str,
    start_service: StartService,
) -> Iterator[Walk]:
    """A reader of the document in an empty folder."""
    folder = tmp_path / "reader"
    folder.mkdir()
    walk = Walk(folder, redis_url, start_service, environment.of(request.param), paths=())
    yield walk
    walk.end()


@pytest.mark.parametrize(("document", "fresh"), following(), indirect=["fresh"])
def test_its_commands_run_as_they_are_written(document: str, fresh: Walk) -> None:
    fresh.follow(blocks(document))
    assert all(answer.is_success for answer in fresh.answers), fresh.answers
    if document == README:
        assert "progress-backend demo" in blocks(README, "See it")[0].text
        assert " · page " in fresh.printed[0]


def test_it_is_the_wheel_that_runs(environment: Environment, tmp_path: Path) -> None:
    programs = environment.of(README)
    code = "import progress_backend; print(progress_backend.__file__)"
    done = environment.run([str(programs / "python"), "-c", code], tmp_path)
    assert done.stdout.startswith(str(programs.parent)), done.stdout + done.stderr


@LONG
def test_the_page_for_users_tests(environment: Environment, tmp_path: Path) -> None:
    followed(tmp_path, environment.of("docs/testing.md"))
