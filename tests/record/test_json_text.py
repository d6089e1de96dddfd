import json

import pytest
from hypothesis import given

from progress_backend.record.json_text import document_of, dumps, parsed
from tests.strategies import Opaque, values


@given(values)
def test_dumps_says_anything(value) -> None:
    json.loads(dumps(value), parse_constant=pytest.fail)


def test_what_json_cannot_say_becomes_text() -> None:
    assert json.loads(dumps({Opaque(): 1})) == {"<Opaque>": 1}


@given(values)
def test_a_document_says_of_a_users_value_what_its_text_says(value) -> None:
    stored = json.loads(document_of({"results": {"v": value}}, {"v": value}))
    assert stored == json.loads(dumps({"results": {"v": value}}).encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "text",
    ['{"a":[1,-2.5,null,true,"進"]}', "18446744073709551616", '{"id":"1234567890123456789012"}'],
)
def test_numbers_are_read_as_they_are_written(text: str) -> None:
    assert parsed(text.encode()) == json.loads(text)
    assert json.dumps(parsed(text.encode())) == json.dumps(json.loads(text))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"1234567890123456789x", b"[NaN]"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        parsed(text)
