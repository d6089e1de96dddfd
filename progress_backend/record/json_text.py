"""JSON text of any Python value: NaN, keys that are no texts, objects and deep nesting become text.

msgspec writes plain values several times as fast as Python's own encoder; but it writes NaN as
null, which would change a user's result without notice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import structs

#: Deepest nesting that is recorded; deeper values are recorded as text. Readers have limits:
#: Python's own parser fails at about 1,000 levels, at fewer where the stack is deep already.
DEEPEST: Final = 20
#: Longest int in bits: Python refuses to write an int of more than 4,300 digits.
_WIDEST: Final = 10_000

_dump = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str
).encode
#: Nesting that is searched for values which msgspec writes otherwise.
_SHALLOW: Final = 3
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_PLAIN: Final = frozenset({str, int, bool, type(None)})
_TEXTS: Final = frozenset({str})


def document_of(body: Mapping[str, Any], *values: Mapping[str, Any]) -> bytes:
    """A record's JSON. `values` are the parts that users gave; all other parts are plain."""
    if not [value for value in values if value and not plain(value)]:
        try:
            return _encode(body)
        except (ValueError, RecursionError):
            pass  # half of a surrogate pair, a number of more than 4,300 digits
    document = dumps(body).encode("utf-8", "replace")
    if document.count(b"{") + document.count(b"[") > DEEPEST:  # else it cannot be deeper
        document = _dump(_plain(body, ())).encode("utf-8", "replace")
    return document


def guarded(values: dict[str, Any]) -> Any:
    """A user's dictionary as msgspec writes it: itself, or where it holds what JSON does not have,
    its JSON text."""
    if not values or plain(values):
        return values
    text = dumps(values)
    if text.count("{") + text.count("[") >= DEEPEST:  # else it cannot be deeper
        text = _dump(_plain(values, (0,)))  # it is inside a record
    return msgspec.Raw(text.encode("utf-8", "replace"))


def mended(value: Any) -> Any:
    """A value that msgspec has refused: with a question mark for each half of a surrogate pair, and
    text for each number of too many digits."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, msgspec.Struct):
        parts = {name: mended(part) for name, part in structs.asdict(value).items()}
        return structs.replace(value, **parts)
    if isinstance(value, list):
        return [mended(part) for part in value]
    return msgspec.Raw(dumps(value).encode("utf-8", "replace")) if type(value) is dict else value


def plain(value: Any, depth: int = 0) -> bool:
    """Whether msgspec writes a value as Python's own encoder does, or refuses it."""
    kind = type(value)
    if kind is dict:
        if not _TEXTS.issuperset(map(type, value)):
            return False
        inside = value.values()
    elif kind is list or kind is tuple:
        inside = value
    else:
        return kind in _PLAIN or (kind is float and value - value == 0)
    if _PLAIN.issuperset(map(type, inside)):  # most are; without a call for each
        return True
    return depth < _SHALLOW and all(plain(each, depth + 1) for each in inside)


def parsed(text: bytes) -> Any:
    """The value of a JSON text, every int exactly.

    Raises:
        ValueError: the text is no JSON, has NaN or Infinity, or is nested too deep.
    """
    try:
        return _decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def dumps(value: Any) -> str:
    """JSON text of any Python value: NaN, keys that are no texts and objects become text."""
    try:
        return _dump(value)
    except Exception:  # besides JSON's own errors, whatever a user's own __str__ raises
        return _dump(_plain(value, ()))


def _plain(value: Any, above: tuple[int, ...]) -> Any:
    """The value with everything that JSON does not have made text; `above` are the ids of the
    containers around it."""
    if len(above) < DEEPEST and id(value) not in above:
        inside = (*above, id(value))
        if isinstance(value, dict):
            return {_scalar(k): _plain(v, inside) for k, v in list(value.items())}
        if isinstance(value, (list, tuple)):
            return [_plain(v, inside) for v in value]
    return _scalar(value)


def text_of(value: Any) -> str:
    """A value as text, whatever its own `__str__` raises."""
    try:
        return str(value)
    except Exception:  # a user's own __str__ may raise anything
        return f"<{type(value).__name__}>"


def _scalar(value: Any) -> str | int | float | None:
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and value.bit_length() < _WIDEST:
        return value
    return text_of(value)
