"""What the README's first screen says happens."""

import importlib.util
import re
import tomllib
from typing import Any

import pytest

from progress_backend.record.default_texts import TEXTS
from tests.docs.reading import blocks, documents, links, resolved, text_of
from tests.docs.walking import Walk
from tests.servers import ROOT
from tests.waiting import eventually

FIRST = "Add it to your project"
READMES = ("README.md", "README.ja.md")


@pytest.mark.parametrize("document", READMES)
def test_it_installs_from_a_clone_until_a_release(document: str) -> None:
    spec = importlib.util.spec_from_file_location("check", ROOT / ".ci" / "release_check.py")
    assert spec.loader is not None
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    readme = text_of(document)
    turned = check.released(readme)
    assert readme.index("pip install '.[demo]'") < readme.index("progress-backend demo")
    assert "'progress-backend[" not in readme
    assert "'.[" not in turned
    assert turned.count("'progress-backend[") == readme.count("'.[") == 3
    assert "## " not in check.UNTIL.search(readme)[0]


def test_no_document_installs_by_a_name_that_no_index_has() -> None:
    dated = re.search(r"^## \[[0-9.]+\] - [0-9]{4}-", text_of("CHANGELOG.md"), re.MULTILINE)
    named = [each for each in documents() if "'progress-backend[" in text_of(each)]
    assert dated or named == []


@pytest.mark.parametrize("document", READMES)
def test_a_reader_is_one_click_from_what_is_looked_for(document: str) -> None:
    """And so the site's reader: its home has the same links."""
    pages = {resolved(document, link)[0].name.split(".")[0] for link in links(document)}
    wanted = {"django", "statuses", "proxy", "control", "access", "upgrade", "scale"}
    assert wanted | {"python-reference", "bar-does-not-move"} <= pages
    assert len(text_of(document).splitlines()) <= 120


@pytest.mark.parametrize("document", READMES)
def test_its_figures_are_measured(document: str) -> None:
    """Each cell of the table of costs, in the results of `make bench`."""
    (table,) = re.findall(
        r"^\| .*\n\| --- \| --- \| --- \|\n((?:\|.*\n)+)", text_of(document), re.MULTILINE
    )
    figures = re.findall(r"(?<![\w(])[0-9][0-9.,]+(?: [nµ]s)?", table)
    results = "".join(text_of(f"tests/benchmarks/{one}.md") for one in ("RESULTS", "ANSWERED"))
    assert len(figures) == 7
    assert [figure for figure in figures if figure not in results] == []


def test_the_badges_are_of_the_package_as_it_is() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    about = "Programming Language :: Python :: 3."
    minors = [one.removeprefix(about) for one in project["classifiers"] if one.startswith(about)]
    pictures = {"licence": project["license"], "python": f"3.{minors[0]} – 3.{minors[-1]}"}
    for name, text in pictures.items():
        assert f">{text}</text>" in text_of(f"docs/pictures/badge-{name}.svg")
        assert f"docs/pictures/badge-{name}.svg" in text_of("README.md")


@pytest.mark.integration
def test_the_five_lines_show_a_bar_and_texts_in_english(walk: Walk) -> None:
    assert blocks("README.md", FIRST, "python")[0].text.count("# +\n") == 5
    walk.follow(blocks("README.md", FIRST))
    task_id = walk.printed[-1].strip()

    def running() -> dict[str, Any] | None:
        body: dict[str, Any] = walk.http.get(f"/internal/task/{task_id}/status").json()
        return body if body.get("rate") else None

    body = eventually(running)
    assert (body["task_type"], body["progress"]["total"]) == ("tasks.import_rows", 252)
    assert re.fullmatch(r"Row \d+ is saved", body["current_status"])
    walk.http.post(f"/internal/task/{task_id}/cancel")
    cancelled = walk.http.get(f"/internal/task/{task_id}/status").json()
    assert cancelled["current_status"] == TEXTS["en"]["cancelled"]
