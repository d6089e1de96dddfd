"""The files and tests that documents, comments and docstrings name are there: a name that
is gone is an error."""

import ast
import re
from collections.abc import Iterator

import pytest

from docs import make_reference
from tests import words
from tests.docs.reading import documents, text_of
from tests.servers import ROOT

TREES = ("progress_backend", "api", "workers", "docs", "docker", "tests", ".ci")
ROOMS = tuple(path.name for path in (ROOT / "progress_backend").iterdir() if path.is_dir())
ENDS = "py|lua|md|yaml|js|cjs|html"
NAMED = re.compile(
    rf"(?<![\w./-])((?:{'|'.join(map(re.escape, (*TREES, *ROOMS)))})/[\w/.-]*\.(?:{ENDS}))\b"
)
#: Files that name others than the project's own.
OTHERS = {
    "docs/testing.md": "the reader's tests",
    "progress_backend/web/openapi/docs_page.py": "relative URLs of its page",
    "tests/test_floors.py": "packages that it makes up",
    "tests/test_promises.py": "examples",
    "tests/test_suite_rules.py": "files that it makes up",
    "tests/test_sizes.py": "examples",
    "tests/web/test_docs_page.py": "relative URLs of its page",
    "tests/docs/test_named_files.py": "examples",
}


def texts() -> Iterator[tuple[str, str]]:
    """Each file of ours that people read, and its text."""
    for tree in TREES:
        for path in (ROOT / tree).rglob("*"):
            kept = path.suffix in (".py", ".md", ".yaml") or path.name in ("Dockerfile", "run")
            if kept and path.is_file() and "node_modules" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("*.md"), ROOT / "pyproject.toml", ROOT / "Makefile"):
        yield path.name, path.read_text(encoding="utf-8")


def missing(text: str) -> list[str]:
    """The files that a text names and that are not there, from the root or within the library."""
    places = (ROOT, ROOT / "progress_backend")
    return [
        name
        for name in dict.fromkeys(NAMED.findall(text))
        if not any((place / name).exists() for place in places)
    ]


def test_every_file_that_is_named_is_there() -> None:
    found = {name: missing(text) for name, text in texts() if name not in OTHERS}
    assert len(found) > 300
    assert {name: gone for name, gone in found.items() if gone} == {}


def test_a_file_that_is_gone_is_found() -> None:
    text = "as `record/transition.py` and `tests/floors.py`, unlike web/wire.py (docs/old.md)"
    assert missing(text) == ["web/wire.py", "docs/old.md"]
    assert missing("what 'src/record/none.py' is, or path/to/python3.11") == []


def defined() -> set[str]:
    """Every test function, and the names of the files that have them."""
    names = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    for path in (ROOT / "tests").rglob("*.py"):
        names |= set(re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8")))
    return names


@pytest.mark.parametrize("document", documents())
def test_every_test_that_a_document_names_is_there(document: str) -> None:
    text = text_of(document)
    named = set(re.findall(r"`(test_\w+)`", text))
    assert named <= defined()
    for test, file in re.findall(r"`(test_\w+)` in `(tests/[\w/]+\.py)`", text):
        assert f"def {test}(" in text_of(file)
    if document == "docs/upgrade.md":
        assert named


def test_the_librarys_words_are_plain() -> None:
    """In names, texts and docstrings; help also as it is printed."""
    found = {}
    for name, tree, _ in words.modules(ROOT / "progress_backend"):
        if left := words.of_names(tree) | words.of_strings(tree):
            found[name] = {word: words.REPLACED[word] for word in left}
    assert found == {}
    assert words.of_text(make_reference.commands()) == set()


#: What finds secrets has the words of their forms.
FORMS = "progress_backend/record/secret_texts.py"


def test_the_texts_that_people_see_are_plain() -> None:
    """Those of records, terminal, errors and log lines in modules, those of the page in scripts."""
    texts = {
        name: " · ".join(text for text in words.seen(tree) if " " in text)
        for name, tree, _ in words.modules(ROOT / "progress_backend")
        if name != FORMS
    }
    for path in (ROOT / "progress_backend" / "web" / "scripts").glob("*words.js"):
        texts[path.name] = words.in_quotes(path.read_text("utf-8"))
        assert words.of_text(texts[path.name]) == set(), path.name
    assert len(texts) > 300
    found = {name: words.phrases_of(text, words.SEEN) for name, text in texts.items()}
    assert {name: forms for name, forms in found.items() if forms} == {}


def test_the_words_of_tests_are_plain() -> None:
    """In names, docstrings and comments; other texts may be data."""
    found = {}
    for name, tree, text in words.modules(ROOT / "tests"):
        if left := words.of_names(tree) | words.of_remarks(tree, text):
            found[name] = {word: words.REPLACED[word] for word in left}
    assert found == {}


def test_a_word_of_the_list_is_found() -> None:
    tree = ast.parse(
        'def _was_told(whose): raise ValueError("no worker heard it")\nSAID = "tell"\n'
    )
    remarks = 'def test_it():\n    """Nobody."""\n    a = "told"  \x23 anew\n'
    assert words.of_remarks(ast.parse(remarks), remarks) == {"nobody", "anew"}
    assert words.of_names(tree) == {"told", "whose", "said"}
    assert words.of_strings(tree) == {"heard"}
    assert words.of_prose("It `tells`, and whose?\n```sh\nsaid\n```\n") == {"whose"}
    texts = [*words.seen(ast.parse('"""It is none."""\nA = f"{1} is no key"\n'))]
    assert [words.phrases_of(text, words.SEEN) for text in texts] == [{"is no": "is not a …"}]
    assert words.in_quotes('a: ["one text", `two ${n}`], // not this') == '"one text" "two ${n}"'
    text = "The run, which\nwent\non, takes the record back; `asked` does not, and a chain begins."
    assert list(words.phrases_of(text)) == ["went on", "takes the record back", "begins"]
