"""The terminal makes, lists and revokes tokens."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from progress_backend.cli import main
from progress_backend.credentials.share_tokens import ShareTokens
from progress_backend.credentials.tokens import Token, Tokens


def call(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, ["token", *words], env={"PROGRESS_TOKENS_FILE": "", **env})


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    env = {"PROGRESS_TOKENS_FILE": str(path)}
    made = call("new", "grafana", **env)
    assert made.exit_code == 0, made.output
    text = made.stdout.strip()
    assert "added to" in made.stderr
    limited = call("new", "ops", "--role", "write", "--type", "fetch_data", **env)
    found = Tokens([], path).find(text)
    assert (found.name, found.role) == ("grafana", "read")
    assert call("list", **env).stdout == "grafana  read\nops  write  tasks of type fetch_data\n"
    assert call("new", "grafana", **env).exit_code == 1
    assert call("revoke", "nobody", **env).exit_code == 1
    assert call("revoke", "grafana", **env).exit_code == 0
    assert Tokens([], path).find(text) is None
    assert Tokens([], path).find(limited.stdout.strip()) is not None


def test_without_a_file_the_line_is_printed(tmp_path: Path) -> None:
    made = call("new", "one")
    line = made.stderr.partition(": ")[2].strip()
    assert Tokens([line]).find(made.stdout.strip()) == Token.of(line)
    assert call("list", PROGRESS_TOKENS=line).stdout == "one  read\n"
    refused = call("revoke", "one", PROGRESS_TOKENS=line)
    assert refused.exit_code == 1
    assert "there is no file of tokens" in refused.output
    assert call("new", "one", "--file", str(tmp_path / "none" / "f")).exit_code == 1


@pytest.mark.parametrize("words", [("list",), ("revoke", "one")])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = call(*words, "--file", str(tmp_path / "none"))
    assert done.exit_code == 1
    assert done.output.startswith("Error: the file of tokens")
    assert done.output.count("\n") == 1


def test_a_share_token_is_signed() -> None:
    key = "k" * 32

    def sign(*words: str, keys: str = key) -> Result:
        return CliRunner().invoke(main, ["sign", *words], env={"PROGRESS_SIGNING_KEYS": keys})

    signed = sign("--task", "job", "--ttl", "60")
    assert signed.exit_code == 0, signed.output
    share = ShareTokens((key,)).read(signed.stdout.strip())
    assert (share.kind, share.name) == ("task", "job")
    for refused in (sign(), sign("--task", "a", "--workflow", "b"), sign("--task", "a", keys="")):
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr.startswith("Error: ")
        assert refused.stderr.count("\n") == 1
