"""Bearer tokens of the HTTP API: one line a token, in PROGRESS_TOKENS or in a file.

    NAME ROLE sha256:HASH [owner=OWNER] [task_type=TYPE]

A line has the token's SHA-256 and never the token itself, so a reader of the file or the
environment cannot use it. A token is 256 random bits: it cannot be guessed from its hash, and a
slow hash would only slow each request down.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from ..errors import SettingsError
from ..record.model import MAX_OWNER
from .file_version import Reread

Role = Literal["read", "start", "write"]
ROLES: Final[tuple[Role, ...]] = ("read", "start", "write")
#: Most tokens that are configured at once: each request compares its own with all of them.
MOST: Final = 1_000
#: What a token begins with, so that a search for leaked ones finds it.
_BEGINS: Final = "pb_"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_HASH: Final = re.compile(r"sha256:([0-9a-f]{64})")
_TYPE: Final = "task_type="
_OWNER: Final = "owner="
_FORM: Final = "NAME read|start|write sha256:HASH [owner=OWNER] [task_type=TYPE]"


@dataclass(frozen=True, slots=True)
class Token:
    """One configured bearer token, by its hash."""

    name: str
    role: Role
    #: SHA-256 of the token.
    digest: bytes
    #: The only task type that the token may see; None: all.
    task_type: str | None = None
    #: The token may see only this owner's tasks; None: all tasks.
    owner: str | None = None

    @classmethod
    def of(cls, line: str) -> Token:
        """Reads a line.

        Raises:
            SettingsError: the line is none of a token; the message repeats no word of it but the
                name, since another word may be a token.
        """
        words = line.split(maxsplit=3)
        name = words[0] if words else ""
        if not _NAME.fullmatch(name):
            raise SettingsError(f"a token's line must start with a name: {_FORM}")
        found = _HASH.fullmatch(words[2]) if len(words) > 2 else None
        rest = f" {words[3]}" if len(words) > 3 else ""
        owner = None
        if rest.startswith(f" {_OWNER}"):
            text, kind, rest = rest.removeprefix(f" {_OWNER}").partition(f" {_TYPE}")
            owner, rest = text.strip(), kind + rest
        typed = not rest or rest.startswith(f" {_TYPE}")
        sound = owner is None or _is_owner(owner)  # an empty one would limit nothing
        if found is None or words[1] not in ROLES or not typed or not sound:
            raise SettingsError(f"the line of token {name} has to be {_FORM}")
        role = next(role for role in ROLES if role == words[1])
        task_type = rest.removeprefix(f" {_TYPE}").strip() or None
        return cls(name, role, bytes.fromhex(found[1]), task_type, owner)

    def line(self) -> str:
        """The token's line."""
        limit = "" if self.owner is None else f" {_OWNER}{self.owner}"
        limit += "" if self.task_type is None else f" {_TYPE}{self.task_type}"
        return f"{self.name} {self.role} sha256:{self.digest.hex()}{limit}"


def new(
    name: str, role: Role, task_type: str | None = None, owner: str | None = None
) -> tuple[str, Token]:
    """Makes a token: its secret text, which is not kept, and its line's value.

    Raises:
        SettingsError: the name, the task type or the owner cannot stand in a line.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError("a token's name has up to 64 letters, digits and _ . @ -")
    if task_type is not None and (not task_type.strip() or not task_type.isprintable()):
        raise SettingsError("a token's task type must be printable")
    if owner is not None and not _is_owner(owner.strip()):
        raise SettingsError(
            f"a token's owner has to be printable, {MAX_OWNER} characters at most, and without "
            f"{_TYPE!r}"
        )
    text = _BEGINS + secrets.token_urlsafe(32)
    limits = (task_type and task_type.strip(), owner and owner.strip())
    return text, Token(name, role, digest_of(text), *limits)


def _is_owner(text: str) -> bool:
    return 1 <= len(text) <= MAX_OWNER and text.isprintable() and f" {_TYPE}" not in f" {text}"


def digest_of(text: str) -> bytes:
    """SHA-256 of a token."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def read(lines: Iterable[str]) -> tuple[Token, ...]:
    """Reads lines; empty ones and those that begin with # are left out.

    Raises:
        SettingsError: a line is not a token's, a name occurs twice, or there are too many.
    """
    tokens = tuple(
        Token.of(line) for line in map(str.strip, lines) if line and not line.startswith("#")
    )
    names = [token.name for token in tokens]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"token {name} occurs twice: give each token its own name")
    if len(tokens) > MOST:
        raise SettingsError(f"there are {len(tokens)} tokens: give at most {MOST}")
    return tokens


def read_file(path: Path) -> tuple[Token, ...]:
    """Reads a file of tokens.

    Raises:
        SettingsError: the file cannot be read, or a line is none of a token.
    """
    try:
        return read(path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError, SettingsError) as error:
        raise SettingsError(f"the file of tokens {path}: {error}") from None


def write_file(path: Path, tokens: Iterable[Token], removed: Iterable[str] = ()) -> None:
    """Adds tokens to a file and takes others out of it, in one step; other lines stay.

    Raises:
        SettingsError: the file cannot be written, or would not be one of tokens.
    """
    gone = set(removed)
    try:
        with _one_writer(path.parent):
            before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            kept = [line for line in before if not gone.intersection(line.split()[:1])]
            lines = [*kept, *(token.line() for token in tokens)]
            read(lines)
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
            # A reader sees the file before or the file after, never half of one.
            handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in lines))
            os.chmod(beside, mode)
            os.replace(beside, path)
    except OSError as error:
        raise SettingsError(f"the file of tokens {path} cannot be written: {error}") from error


@contextmanager
def _one_writer(folder: Path) -> Iterator[None]:
    """`with`: no other process adds or removes tokens meanwhile: its lines would be lost. The lock
    is the folder's, since the file itself is replaced. Windows has no such lock."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class Tokens:
    """The tokens that are configured now; a file is read again when it changes."""

    def __init__(
        self,
        lines: Iterable[str],
        path: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reads the tokens.

        Raises:
            SettingsError: a line is none of a token, or the file cannot be read.
        """
        self._own = read(lines)
        self._path = path
        self._all = Reread(path, self._together, "tokens", clock)

    @property
    def configured(self) -> bool:
        """Whether tokens are asked for at all: also where a file has none left."""
        return self._path is not None or bool(self._own)

    @property
    def fault(self) -> str | None:
        """See `Reread.fault`."""
        return self._all.fault

    def find(self, text: str) -> Token | None:
        """The token with this text; None if there is none."""
        return self._with(digest_of(text))

    def still(self, token: Token) -> bool:
        """Whether the token has not been revoked or changed."""
        return self._with(token.digest) == token

    def _with(self, digest: bytes) -> Token | None:
        found = None
        for token in self._all():
            # All are compared, each in constant time: the duration reveals nothing.
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found

    def _together(self) -> tuple[Token, ...]:
        of_file = () if self._path is None else read_file(self._path)
        return read(token.line() for token in (*self._own, *of_file))
