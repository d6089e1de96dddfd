"""Links to what a job has made, such as a file to download; pure.

Nothing here is redacted: a signed address is its own secret, which every reader of the record may
use.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from .fields import Link
from .model import rendered

#: Links of a record; further ones are left out.
MAX_LINKS: Final = 8
TOO_MANY: Final = f"a record has {MAX_LINKS} links at most"
#: Longest address and title in characters.
MAX_URL: Final = 2_000
MAX_TITLE: Final = 200
#: Characters that no browser takes in a host, and the sign of a user's name.
_NO_HOST: Final = frozenset("@%<>^|")
#: Longest time until a link expires, in seconds: ten years.
_MAX_EXPIRY_S: Final = 10 * 366 * 86_400


def link_of(url: object, title: object, expires_in: object, now: datetime) -> Link:
    """A link as it is recorded.

    Raises:
        ValueError: a page could not show it safely; the message names why.
    """
    if not isinstance(url, str) or not 1 <= len(url) <= MAX_URL:
        raise ValueError(f"url is a text of 1 to {MAX_URL} characters")
    if not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("url has no spaces, backslashes, line ends or other control characters")
    if not _is_allowed(url):
        raise ValueError(
            "url is http://HOST, https://HOST or a path such as /files/7, without user@"
        )
    if title is not None and not (
        isinstance(title, str) and 1 <= len(title) <= MAX_TITLE and title.isprintable()
    ):
        raise ValueError(f"title is a line of 1 to {MAX_TITLE} characters")
    if expires_in is None:
        return Link(url=url, title=title)
    if isinstance(expires_in, bool) or not (
        isinstance(expires_in, int | float) and 0 < expires_in <= _MAX_EXPIRY_S
    ):
        raise ValueError(f"expires_in is a number of seconds, above 0 and up to {_MAX_EXPIRY_S}")
    until = now + timedelta(seconds=expires_in)
    return Link(url=url, title=title, expires_at=rendered(until))


def _is_allowed(url: str) -> bool:
    """Whether a browser goes to the host that the text names, or stays on the API's origin. It
    takes further slashes before a host as one."""
    if url.startswith("/"):
        return not url.startswith("//")
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is none
    except ValueError:
        return False
    known = parts.scheme in ("http", "https") and bool(parts.hostname)
    return known and _NO_HOST.isdisjoint(parts.netloc)


def merged(known: Sequence[Link], given: Sequence[Link]) -> tuple[Link, ...]:
    """Links with new ones, `MAX_LINKS` at most: one with a known address replaces it."""
    links = {link.url: link for link in (*known, *given)}
    return tuple(links.values())[:MAX_LINKS]
