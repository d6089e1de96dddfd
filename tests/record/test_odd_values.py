"""Values that a job may hand over and JSON does not have, and the JSON that is stored of each.

The table was made by the first encoder; whatever encodes a record has to write the same.
"""

from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from progress_backend.record import task_json
from progress_backend.record.model import Task
from tests.strategies import Opaque


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Text(str):
    """As numpy's texts are: a subclass of str."""


class Real(float):
    """As numpy's float64 is: a subclass of float."""


class Pair(NamedTuple):
    a: int
    b: str


def nested(depth: int) -> Any:
    inner: Any = 1
    for _ in range(depth):
        inner = {"d": inner}
    return inner


#: The levels that are kept, and the text of the next.
OUTER, INNER = '{"d":' * 18, "{'d': 1}"
NOON = datetime(2024, 1, 15, 12, 0, 0, 250, tzinfo=UTC)
#: What a value is -> the value, and the JSON text that is stored of it.
ODD: dict[str, tuple[Any, str]] = {
    "NaN": (float("nan"), '{"v":"nan"}'),
    "infinities": ([float("inf"), float("-inf")], '{"v":["inf","-inf"]}'),
    "a number above a double": (1e308 * 10, '{"v":"inf"}'),
    "bytes": (b"a\xff", '{"v":"b\'a\\\\xff\'"}'),
    "a set": ({3}, '{"v":"{3}"}'),
    "Decimal": (Decimal("1.10"), '{"v":"1.10"}'),
    "datetime": (NOON, '{"v":"2024-01-15 12:00:00.000250+00:00"}'),
    "a naive datetime": (NOON.replace(tzinfo=None, microsecond=0), '{"v":"2024-01-15 12:00:00"}'),
    "date and timedelta": (
        [date(2024, 1, 15), timedelta(hours=25)],
        '{"v":["2024-01-15","1 day, 1:00:00"]}',
    ),
    "UUID": (UUID(int=7), '{"v":"00000000-0000-0000-0000-000000000007"}'),
    "a path": (PurePosixPath("/a/b"), '{"v":"/a/b"}'),
    "Enum": ([Colour.RED, Level.HIGH], '{"v":["Colour.RED",3]}'),
    "a subclass of float": ([Real(1.5), Real("nan")], '{"v":[1.5,"nan"]}'),
    "a subclass of str": ({Text("k"): Text("v")}, '{"v":{"k":"v"}}'),
    "a subclass of dict": (OrderedDict(b=1, a=2), '{"v":{"b":1,"a":2}}'),
    "tuples": ((1, Pair(1, "x")), '{"v":[1,[1,"x"]]}'),
    "keys that are no texts": (
        {True: 1, None: 2, 3: 4, 1.5: 5},
        '{"v":{"true":1,"null":2,"3":4,"1.5":5}}',
    ),
    "a key that is a tuple": ({(1, 2): 3}, '{"v":{"(1, 2)":3}}'),
    "a key that is NaN": ({float("nan"): 1}, '{"v":{"nan":1}}'),
    "half a surrogate pair": ("a\ud800b", '{"v":"a?b"}'),
    "an int of 70 bits": (2**70, '{"v":1180591620717411303424}'),
    "an int of 20,000 bits": (2**20_000, '{"v":"<int>"}'),
    "complex": (1 + 2j, '{"v":"(1+2j)"}'),
    "a str() that raises": ([Opaque(), {"x": Opaque()}], '{"v":["<Opaque>",{"x":"<Opaque>"}]}'),
    "depth 100,000": (nested(100_000), f'{{"v":{OUTER}"<dict>"{"}" * 19}'),
    "depth 19": (nested(19), f'{{"v":{OUTER}"{INNER}"{"}" * 19}'),
    "300 KiB": ("x" * 300 * 1024, '{"truncated":true,"bytes":307208}'),
}


def stored(value: Any) -> str:
    """The JSON text of a value in a record's results, clipped where it is too large."""
    task = Task("t", "fetch_data", results={"v": value})
    try:
        document = task_json.encode(task)
    except task_json.TooLarge:
        document = task_json.encode(task_json.clipped(task))
    text = document.decode()
    return text[text.index('"results":') + 10 : text.index(',"processing_details"')]


@pytest.mark.parametrize(("value", "text"), ODD.values(), ids=ODD)
def test_an_odd_value_is_stored_as_in_the_table(value: Any, text: str) -> None:
    assert stored(value) == text
