"""What holds for all documents: printed blocks, links, names, and nothing of one machine."""

import functools
import importlib.util
import inspect
import re
import tomllib

import click
import flask.cli
import pytest
import uvicorn
from celery.bin.celery import celery

from docs.make_blocks import BLOCKS, INCLUDED
from progress_backend import progress_task
from progress_backend.cli import main
from progress_backend.record.fields import Stored
from progress_backend.record.model import Task
from progress_backend.settings import Settings
from tests import words
from tests.docs.reading import (
    Block,
    anchors,
    blocks,
    commands_in_prose,
    documents,
    links,
    make_targets,
    resolved,
    text_of,
)
from tests.servers import ROOT

pytestmark = pytest.mark.parametrize("document", documents())
#: Programs that sentences name for readers to call.
PROGRAMS: dict[str, click.Command] = {
    "progress-backend": main,
    "celery": celery,
    "flask": flask.cli.cli,
    "uvicorn": uvicorn.main,
}
#: Other packages' own.
OTHERS = {"celery beat -S redbeat.RedBeatScheduler", "python -m django … --settings"}
#: The languages of blocks that do something.
DOING = ("python", "sh", "js", "nginx")
#: Documents that are followed from their first block to their last; a Japanese page's blocks are
#: those of its twin.
WHOLE = ("docs/django.md", "docs/docker.md", "docs/production.md", "docs/testing.md")


def test_what_is_printed_in_it_can_be_printed(document: str) -> None:
    assert set(INCLUDED.findall(text_of(document))) <= set(BLOCKS)


def test_its_links_lead_somewhere(document: str) -> None:
    for link in links(document):
        if link.startswith(("http://", "https://")):
            continue
        path, anchor = resolved(document, link)
        assert path.exists(), link
        if anchor:
            assert anchor in anchors(str(path.relative_to(ROOT))), link


def test_its_pictures_are_there(document: str) -> None:
    for shown in re.findall(r'<(?:img|source)\b[^>]*?(?:src|srcset)="([^"]+)"', text_of(document)):
        assert (ROOT / document).parent.joinpath(shown).is_file(), shown


def test_it_names_no_machine_and_no_registry(document: str) -> None:
    text = text_of(document)
    assert not re.search(r"(?<![\w.{}])/(work|root|home|tmp|Users)/", text)
    assert not re.search(
        r"pypi|--index-url|--extra-index|find-links|registry\.", text, re.IGNORECASE
    )
    hosts = set(re.findall(r"(?:https?|wss?|redis|sentinel)://([\w.-]+)", text))
    # Addresses of one's own, of examples, and of conventions that the project keeps to.
    known = {"127.0.0.1", "localhost", "keepachangelog.com", "semver.org"}
    known |= {"cloudevents.io", "www.standardwebhooks.com", "appriseit.com"}
    assert {host for host in hosts if "." in host} - known <= {h for h in hosts if "example" in h}


def test_its_variables_and_extras_exist(document: str) -> None:
    if document == "CHANGELOG.md":
        return  # it names what is gone
    text = text_of(document)
    known = {f"PROGRESS_{name.upper()}" for name in Settings.__dataclass_fields__}
    assert set(re.findall(r"\bPROGRESS_[A-Z]+(?:_[A-Z]+)*\b", text)) - known <= {
        name for name in re.findall(r"\bPROGRESS_[A-Z_]+\b", _sources()) if name not in known
    }
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named = re.findall(r"(?:progress-backend|')?\.?\[([a-z]+)\]'", text)
    assert set(named) <= set(extras)


def test_its_fields_have_their_names_in_json(document: str) -> None:
    """No document has an attribute of `Task` that JSON has under another name."""
    attributes = {name for name in Task.__struct_fields__ if "_" in name}
    arguments = set(inspect.signature(progress_task).parameters)
    quoted = set(re.findall(r"`([a-z_]+)`", text_of(document)))
    assert quoted & (attributes - arguments - set(Stored.__struct_fields__)) == set()


def test_what_it_makes_can_be_made(document: str) -> None:
    text = text_of(document)
    named = re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
    assert set(named) <= make_targets()


def test_its_code_is_followed_by_a_test(document: str) -> None:
    for block in blocks(document):
        if block.language not in DOING or _only_makes(block):
            continue
        if block.language == "python":
            compile(block.text, str(block), "exec")
            assert block.file is not None, f"{block}: its first line must name its file"
        whole = document in WHOLE or document.endswith(".ja.md")
        named = {f'"{name}"' for name in ([document] if whole else [document, block.section])}
        script = block.language == "js" and not whole
        tests = _tests("browser") if script else _tests("docs", "docker", "browser")
        assert any(all(name in text for name in named) for text in tests), f"{block}: no test"


def test_commands_in_sentences_exist(document: str) -> None:
    for quoted in commands_in_prose(document):
        words = re.sub(r" -A \S+|[…|].*| [A-Z]+$", "", quoted).split()
        if words[0] in ("pip", "pytest") or quoted in OTHERS:
            continue
        if words[0] == "python":
            assert words[1] != "-m" or importlib.util.find_spec(words[2]) is not None, quoted
            continue
        asked = [word for word in words if re.fullmatch(r"[a-z-]+", word)]
        program, *commands = [word for word in asked if not word.startswith("-")]
        context = click.Context(PROGRAMS[program], info_name=program)
        for name in commands:
            if not isinstance(context.command, click.Group):
                break  # an argument, or an option's value
            command = context.command.get_command(context, name)
            assert command is not None, quoted
            context = click.Context(command, info_name=name, parent=context)
        options = {option for each in context.command.params for option in each.opts}
        assert {word for word in asked if word.startswith("-")} <= options, quoted


def test_its_words_are_plain(document: str) -> None:
    if document.endswith(".ja.md"):
        return
    found = words.of_prose(text_of(document))
    assert {word: words.REPLACED[word] for word in found} == {}
    assert words.phrases_of(text_of(document)) == {}


def _only_makes(block: Block) -> bool:
    """Whether it is make's targets alone: these have tests of their own, and must exist."""
    return all(line.startswith("make") for line in block.text.splitlines())


@functools.cache
def _tests(*folders: str) -> list[str]:
    """The modules of tests that follow documents."""
    found = {path for one in folders for path in (ROOT / "tests" / one).glob("test_*.py")}
    return [path.read_text("utf-8") for path in found if path.name != "test_blocks.py"]


@functools.cache
def _sources() -> str:
    folders = (ROOT / name for name in ("progress_backend", "api", "workers", "tests"))
    return "\n".join(p.read_text(encoding="utf-8") for f in folders for p in f.rglob("*.py"))
