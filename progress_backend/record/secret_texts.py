"""Masks secrets in a text: the password of a URL, and the value that follows a key's name; pure.

A value is masked to its end: a quoted text with its prefix and escapes (`b'…'`, `\"…\"`), what
brackets hold (`SecretStr('…')`, `['…', '…']`), all of a header's line, and without
any of these up to the next blank, comma, semicolon or ampersand. One that does not end goes to the
end of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

MASK: Final = "***"

#: The password of a URL, from after the user's name to the last "@" before its path; one with "/",
#: "?" or "#" in it to the last "@", unless a port stands there.
_URL: Final = re.compile(
    r"(?<=://)([^\s/?#:@'\"<>]*:)"
    r"(?:[^\s/?#'\"<>]+|(?!\d{1,5}(?:[/?#]|$))[^\s'\"<>]{1,256})@"
)
#: How a quoted text begins: a prefix, and the quote, which has backslashes in a text within a text.
_QUOTE: Final = re.compile(r"[bru]{0,2}(\\*)(['\"])", re.IGNORECASE)
_VALUE: Final = re.compile(r"[bru]{0,2}\\*['\"]|[\[({]|\*{3}", re.IGNORECASE)
_PEM: Final = re.compile(r"-----BEGIN [^-]*-----[\s\S]*?(?:-----END [^-]*-----|\Z)")
_BRACKETS: Final = {"(": ")", "[": "]", "{": "}"}
_CLOSING, _SEPARATING = ")]}", ",;&"
#: Secrets by their form: a key in PEM, a JWT, and what follows `Bearer` or a URL's signature.
_FORMS: Final = re.compile(
    r"(?P<name>(?<![\w-])bearer[ \t]+(?!\w+=\")(?=[\w.~+/=-])|[?&](?:[\w-]{0,40}signature|sig)=)"
    r"[^\s&#'\"<>,;()]+"
    r"|(?<![\w-])(?-i:eyJ)[\w-]{5,}+\.[\w-]{5,}+(?:\.[\w-]*+){1,3}"
    rf"|{_PEM.pattern}",
    re.IGNORECASE,
)
#: What stands in each of these.
_SIGNS: Final = ("bearer", "sig", "eyj", "begin ")
#: Names of headers, of which all the line is the value.
_HEADERS: Final = "authorization|cookie"

#: Masks what a text assigns to secret keys.
MaskText = Callable[[str], str]


@lru_cache(8)
def patterns(
    keys: tuple[str, ...],
) -> tuple[Callable[[str], Any], MaskText, Callable[[str], bool]]:
    """Finds a secret's name in a mapping's key, and masks the secrets in a text: `key=value`,
    `key: value`, `--key value`, and a header's `Authorization: value`; and finds a name anywhere in
    a text."""
    any_of = "|".join(re.escape(key).replace("_", "[_-]?") for key in keys) or r"(?!)"
    # Begins a word: `password`, `db_password`, `dbPassword`, `PGPASSWORD`.
    begin = r"(?:(?<![a-z])|(?-i:(?<=[A-Za-z0-9])(?=[A-Z])))"
    key = re.compile(rf"{begin}(?:{any_of})$", re.IGNORECASE)
    named = rf"{begin}(?:{any_of})"
    quoted = r"\\*['\"]\]?\s*(?:=>|:=|={1,3}|:)\s*"
    # Of a header by its quoted name, as in a dict or a list of pairs, only the value.
    line = rf"{begin}(?:{_HEADERS})\s*[:=]|(?<=-)(?:{any_of}):"
    pair = rf"{begin}(?:{_HEADERS})\\*['\"]\s*[:=,]\s*"
    text = re.compile(
        rf"(?P<line>{line})\s?|(?P<pair>{pair})"
        rf"|{named}(?:[ \t]*(?:=>|:=|={{1,3}})[ \t]*|{quoted}|:(?![ \t]*['\"]\W['\"])[ \t]*)"
        rf"|(?<![\w-])--(?:[\w-]{{0,40}}[_-])?{named}(?:['\"],\s*|[ \t]+(?!-))",
        re.IGNORECASE,
    )

    words = {_plain(name) for name in keys}
    names = {*words, *_HEADERS.split("|"), *_SIGNS}

    def has_name(given: str) -> bool:
        plain = _plain(given)
        return any(word in plain for word in words)

    def mask(given: str) -> str:
        masked = _URL.sub(rf"\g<1>{MASK}@", given) if "://" in given else given
        # Nearly all texts have none: six times as fast as the search.
        plain = _plain(given)
        if not any(name in plain for name in names):
            return masked
        masked = _FORMS.sub(lambda found: f"{found['name'] or ''}{MASK}", masked)
        parts, done = [], 0
        while (found := text.search(masked, done)) is not None:
            start = found.end()
            if found["line"] is None and (found["pair"] is None or _VALUE.match(masked, start)):
                end = _end(masked, start)
            else:
                end = masked.find("\n", start)
                end = len(masked) if end < 0 else end
            parts.append(masked[done:start])
            if end > start:
                parts.append(MASK)
            done = end
        return "".join([*parts, masked[done:]]) if parts else masked

    return key.search, mask, has_name


def _plain(text: str) -> str:
    return text.casefold().replace("_", "").replace("-", "")


def _end(text: str, start: int) -> int:
    """Where the value that begins there ends."""
    if pem := _PEM.match(text, start):
        return pem.end()
    opened: list[str] = []
    at, begins = start, True
    while at < len(text):
        one = text[at]
        if begins and (quote := _QUOTE.match(text, at)):
            at = _end_of_quoted(text, quote)
            continue  # another may follow at once
        begins = bool(opened) and not (one.isalnum() or one == "_")
        if one in _BRACKETS or (at == start and one == "<"):
            opened.append(_BRACKETS.get(one, ">"))
            begins = True
        elif opened:
            if one == opened[-1]:
                opened.pop()
        elif _ends(text, at) or (one in "'\"" and _ends(text, at + 1)):
            break
        at += 1
    return at


def _ends(text: str, at: int) -> bool:
    """Whether a value without quotes and brackets ends before this character."""
    after = text[at : at + 2]
    closes = after[:1] in _CLOSING and not after[1:].isalnum()
    return not after or after[0].isspace() or after[0] in _SEPARATING or closes


def _end_of_quoted(text: str, quote: re.Match[str]) -> int:
    """Where a quoted text ends: its quote has as many backslashes as at its beginning."""
    at, (slashes, mark) = quote.end(), quote.groups()
    while (at := text.find(mark, at)) >= 0:
        before = at - len(text[quote.end() : at].rstrip("\\")) - quote.end()
        at += 1
        if before == len(slashes) if slashes else before % 2 == 0:
            return at
    return len(text)
