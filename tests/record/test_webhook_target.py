"""Webhook targets as they are written in JSON, and which events each asks for."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.errors import SettingsError
from progress_backend.record.model import ENDED, KINDS
from progress_backend.record.webhook_target import MOST, WORKFLOW, Target, read

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
OPS: dict[str, Any] = {"name": "ops", "url": "https://ops.example.com/hook?key=k", "secret": SECRET}


def of(**given: Any) -> Target:
    (target,) = read(json.dumps([{**OPS, **given}]))
    return target


def test_a_target_asks_for_all_ends_and_warnings_unless_it_says_otherwise() -> None:
    target = of()
    assert all(
        target.wants(of_type, k, None) for of_type in ("a", WORKFLOW) for k in (*ENDED, *KINDS)
    )
    assert (target.secret, target.allow_private) == ((SECRET,), False)
    assert read("") == read("[]") == ()


@given(
    types=st.lists(st.sampled_from(["a", "b", WORKFLOW]), max_size=2, unique=True),
    statuses=st.lists(st.sampled_from(sorted(ENDED)), max_size=3, unique=True),
    warnings=st.lists(st.sampled_from(KINDS), max_size=3, unique=True),
    task_type=st.sampled_from(["a", "b", "c", WORKFLOW]),
    kind=st.sampled_from([*ENDED, *KINDS]),
    owners=st.lists(st.sampled_from(["alice", "bob"]), max_size=2, unique=True),
    owner=st.sampled_from(["alice", "bob", "carol", None]),
)
def test_a_filter_lets_pass_what_it_names(
    types, statuses, warnings, task_type, kind, owners, owner
) -> None:
    filters = {"task_type": types, "status": statuses, "warning": warnings, "owner": owners}
    target = of(**{name: values for name, values in filters.items() if values})
    right_type = not types or task_type in types
    right_kind = not (statuses or warnings) or kind in (*statuses, *warnings)
    right_owner = not owners or owner in owners
    assert target.wants(task_type, kind, owner) == (right_type and right_kind and right_owner)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "Ops"}, "name"),
        ({"name": None}, "name"),
        *(({"url": f"https://{rest}"}, "url") for rest in ("user:pass@ops.example.com/", "/path")),
        *(({"url": f"https://ops.example.com{rest}"}, "url") for rest in (":99999/", "/\r\nX: y")),
        *(({"url": url}, "url") for url in ("ops.example.com", 5)),
        ({"url": "slack://a/b/c"}, "url"),
        ({"secret": "hunter2"}, "secret"),
        ({"secret": "whsec_" + base64.b64encode(b"short").decode()}, "secret"),
        ({"secret": [SECRET] * 3}, "secret"),
        ({"secret": []}, "secret"),
        ({"status": "running"}, "status"),
        ({"status": []}, "status"),
        ({"warning": ["slow"]}, "warning"),
        ({"task_type": [""]}, "task_type"),
        ({"allow_private": "yes"}, "allow_private"),
        ({"types": "a"}, "`types`"),
    ],
)
def test_what_cannot_be_used_is_named_without_secrets(given: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        of(**given)
    error = str(refused.value)
    for value in (OPS["url"], OPS["secret"], *map(str, given.values())):
        if str(value).startswith(("https", "whsec", "hunter")):
            assert value not in error


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "JSON"),
        ('{"name": "ops"}', "list"),
        ("[5]", "list"),
        (json.dumps([OPS, OPS]), "twice"),
        (json.dumps([{**OPS, "name": f"n{i}"} for i in range(MOST + 1)]), "most"),
    ],
)
def test_a_text_that_is_no_list_of_targets_is_refused(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read(text)


def test_a_target_is_shown_without_its_secrets() -> None:
    target = of()
    assert SECRET not in repr(target)
    assert "key=k" not in repr(target)
    assert "ops" in repr(target)
