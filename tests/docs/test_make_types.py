"""The types of a task's body, against bodies of each kind."""

import json

from docs import make_types
from tests.record.test_golden import GOLDEN
from tests.servers import ROOT


def test_each_body_has_what_the_schema_requires_and_nothing_else() -> None:
    schema, golden = make_types.schema(), json.loads(GOLDEN.read_text())
    bodies = [body for name, body in golden.items() if name.startswith("body")]
    assert bodies
    for body in bodies:
        assert set(schema["required"]) <= set(body) <= set(schema["properties"])
        for name, part in schema["$defs"].items():
            assert set(part.get("required", ())) <= set(part["properties"]), name
        control = schema["$defs"]["Control"]
        if "control" in body:
            assert set(control["required"]) <= set(body["control"]) <= set(control["properties"])


def test_the_types_of_dictionaries_are_printed_from_the_fields() -> None:
    """By `python -m docs.make_types python > progress_backend/record/bodies.pyi`."""
    stub = ROOT / "progress_backend/record/bodies.pyi"
    assert stub.read_text(encoding="utf-8") == make_types.typed_dicts()
