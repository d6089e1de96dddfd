"""Lines of bearer tokens, their file, and when it is read again."""

import logging
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from progress_backend.credentials import tokens
from progress_backend.credentials.file_version import EMPTY_S, LOOK_S
from progress_backend.credentials.tokens import Token, Tokens
from progress_backend.errors import SettingsError
from tests.clocks import Clock

HASH = f"sha256:{'0' * 64}"


def test_a_token_is_stored_as_its_hash_only(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    text, made = tokens.new("ci", "write", "fetch data")
    tokens.write_file(path, [made])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert text not in path.read_text()
    known = Tokens([], path)
    assert known.find(text) == made
    assert (made.role, made.task_type) == ("write", "fetch data")
    assert known.find(text[:-1]) is None
    assert known.find(made.digest.hex()) is None


def test_tokens_that_are_made_at_the_same_time_are_all_there(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    code = "import sys; from pathlib import Path\n"
    code += "from progress_backend.credentials import tokens as t\n"
    code += "path, name = Path(sys.argv[1]), sys.argv[2]\n"
    code += "for n in range(20): t.write_file(path, [t.new(name + str(n), 'read')[1]])"
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("a", "b", "c")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(tokens.read_file(path)) == 60


def test_comments_and_other_tokens_stay_when_one_is_revoked(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"# ours\n\na read {HASH}\nb write sha256:{'1' * 64}\n")
    path.chmod(0o640)
    tokens.write_file(path, [], removed=["a"])
    assert path.read_text() == f"# ours\n\nb write sha256:{'1' * 64}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["tokens"]


@pytest.mark.parametrize(
    "line",
    [
        f"a admin {HASH}",
        f"a read {HASH} warning=x",
        "a read secret-text",
        "a read sha256:12",
        "a read",
        "a",
        f"? read {HASH}",
    ],
)
def test_a_line_that_is_none_is_named_without_what_may_be_secret(line: str) -> None:
    with pytest.raises(SettingsError, match="NAME read") as raised:
        Tokens([line])
    assert "secret" not in str(raised.value)
    assert "0000" not in str(raised.value)


def test_a_name_is_of_one_token(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"a read {HASH}\n")
    with pytest.raises(SettingsError, match="a occurs twice"):
        Tokens([f"a write {HASH}"], path)
    with pytest.raises(SettingsError, match="a occurs twice"):
        tokens.write_file(path, [Token.of(f"a write {HASH}")])


def test_the_file_is_read_again_when_it_changes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, clock = tmp_path / "tokens", Clock(0.0)
    (first, one), (second, two) = tokens.new("one", "read"), tokens.new("two", "read")
    tokens.write_file(path, [one])
    known = Tokens([], path, clock)
    tokens.write_file(path, [two], removed=["one"])
    assert known.find(first) == one  # it was looked at a moment ago
    clock.time += LOOK_S
    assert known.find(first) is None
    assert known.find(second) == two
    assert not known.still(one)
    # What cannot be read changes nothing, is logged once, and tried again.
    for broken in ("two admin", None):
        path.unlink() if broken is None else path.write_text(broken)
        caplog.clear()
        for _ in range(3):
            clock.time += LOOK_S
            assert known.find(second) == two
        logged = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert len(logged) == 1
        assert str(path) not in (known.fault or str(path)), "health is open to every client"
    path.write_text("# none any more\n")
    clock.time += LOOK_S
    assert known.find(second) is None
    assert known.configured
    assert known.fault is None


def test_a_revoked_token_is_refused_after_a_read_that_failed_for_another_reason(
    tmp_path: Path,
) -> None:
    path, clock = tmp_path / "tokens", Clock(0.0)
    (first, one), (_, two) = tokens.new("one", "read"), tokens.new("two", "read")
    tokens.write_file(path, [one, two])
    known = Tokens([], path, clock)
    tokens.write_file(path, [], removed=["one"])
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))  # EMFILE, as under many sockets
        clock.time += LOOK_S
        assert known.find(first) == one
        assert known.fault is not None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    clock.time += LOOK_S
    assert known.find(first) is None
    assert known.fault is None


def test_a_file_that_is_empty_for_a_moment_is_being_saved(tmp_path: Path) -> None:
    path, clock = tmp_path / "tokens", Clock(0.0)
    text, one = tokens.new("one", "read")
    tokens.write_file(path, [one])
    known = Tokens([], path, clock)
    for _ in range(2):  # the time counts from each save
        path.write_text("")
        clock.time += LOOK_S
        assert known.find(text) == one
        path.write_text(one.line())
        clock.time += EMPTY_S
        assert known.find(text) == one
    path.write_text("")
    clock.time += LOOK_S
    assert known.find(text) == one
    clock.time += EMPTY_S
    assert known.find(text) is None


def test_a_role_that_changes_ends_what_the_old_one_opened() -> None:
    text, made = tokens.new("one", "read")
    known = Tokens([made.line()])
    found = known.find(text)
    assert found is not None
    assert known.still(found)
    assert not known.still(Token("one", "write", made.digest))


@pytest.mark.parametrize(("name", "task_type"), [("a b", None), ("", None), ("a", "\n"), ("a", "")])
def test_what_cannot_stand_in_a_line_is_refused(name: str, task_type: str | None) -> None:
    with pytest.raises(SettingsError, match="a token's"):
        tokens.new(name, "read", task_type)
