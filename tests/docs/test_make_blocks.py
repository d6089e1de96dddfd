"""The command that prints the documents' blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import make_blocks


@pytest.fixture
def stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document whose block says what the code does not."""
    monkeypatch.setattr(make_blocks, "ROOT", tmp_path)
    path = tmp_path / "README.md"
    path.write_text("before\n<!-- begin texts -->\nold\n<!-- end texts -->\nafter\n")
    return path


def run(monkeypatch: pytest.MonkeyPatch, *args: str) -> int:
    monkeypatch.setattr("sys.argv", ["make_blocks", *args])
    return make_blocks.main()


def test_it_finds_and_renews(stale: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = stale.read_text()
    assert run(monkeypatch, "--check") == 1
    assert stale.read_text() == old
    assert run(monkeypatch) == 0
    text = stale.read_text()
    assert "完了しました" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert run(monkeypatch, "--check") == 0


def test_an_unknown_block_is_an_error() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        make_blocks.renewed("<!-- begin nonsense -->\n<!-- end nonsense -->")
