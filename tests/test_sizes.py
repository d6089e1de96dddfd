"""The counter of the tree's sizes counts, and what has grown too much is named."""

from pathlib import Path

import pytest

from tests import sizes

MODULE = '''"""Two lines
of docstring."""


def outer(a: int) -> int:
    """One line."""
    if a:
        return a
    return 0
'''


@pytest.fixture
def tree(tmp_path: Path) -> sizes.Sizes:
    for name, text in {
        "progress_backend/record/model.py": MODULE,
        "progress_backend/web/app.py": "a = 1\n",
        "progress_backend/web/scripts/page.js": "let a;\n\n",
        "progress_backend/operations/scripts/_part.lua": "return 1\nend\n",
        "docs/a.md": "# A page\n\nof `code` and\n\n```sh\nmake\n```\n\nwords.\n",
        "docs/a.ja.md": "other words\n",
        "tests/deep/test_a.py": "assert 1\n" * 3,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return sizes.counted(tmp_path)


def test_lines_statements_and_files_are_counted(tree: sizes.Sizes) -> None:
    assert tree.figures == {
        sizes.LINES: 10,
        sizes.STATEMENTS: 7,
        sizes.FILES: 2,
        sizes.LUA: 2,
        sizes.LUA_FILES: 1,
        sizes.SCRIPTS: 2,
        sizes.TESTS: 3,
        sizes.AUDIT: 9,
        sizes.WORDS: 5,
        sizes.MODULE: 9,
        sizes.FUNCTION: 5,
    }
    assert tree.docstrings == 30
    assert tree.longest[sizes.FUNCTION] == "progress_backend/record/model.py outer"


@pytest.mark.parametrize(("name", "most"), [(sizes.LINES, 1), (sizes.TESTS, 6)])
def test_what_is_allowed_passes_and_beyond_it_is_named(
    tree: sizes.Sizes, name: str, most: int
) -> None:
    kept = {**tree.figures, name: 100}
    for lines, too_much in ((100 + most, 0), (101 + most, 1)):
        grown = sizes.Sizes({**tree.figures, name: lines}, 5, 30, {})
        found = sizes.problems(grown, kept)
        assert len(found) == too_much, found
    assert found == [f"{name}: {101 + most}, kept 100 and {most} % more at most"]


def test_the_kept_figures_are_lowered_and_never_raised() -> None:
    assert sizes.lowered({"a": 10, "b": 10}, {"a": 9, "b": 11, "c": 5}) == {"a": 9, "b": 10, "c": 5}
