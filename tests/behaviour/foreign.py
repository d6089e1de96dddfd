"""Another program's values under the schema's keys, for the tests of what reads them."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from progress_backend.operations.keys import Keys
from progress_backend.record.model import STATUSES

#: Redis's types, each holding some bytes.
TYPES: dict[str, Callable[[Any, str, bytes], object]] = {
    "string": lambda raw, key, some: raw.set(key, some),
    "list": lambda raw, key, some: raw.rpush(key, some),
    "set": lambda raw, key, some: raw.sadd(key, some),
    "hash": lambda raw, key, some: raw.hset(key, some, some),
    "zset": lambda raw, key, some: raw.zadd(key, {some: 1}),
    "stream": lambda raw, key, some: raw.xadd(key, {"some": some}),
    "hyperloglog": lambda raw, key, some: raw.pfadd(key, some),
}
#: What may stand as a member or a field where ours stand.
MEMBERS = (b"\xff\xfe", b"", b"\x00", "キー".encode(), b"a b", b"live", b"x" * 300)
SCORES = ("-inf", "+inf", 0, -5, 1e300, 1.5)


def keys_of(keys: Keys, task_id: str, lease: str) -> dict[str, str]:
    """Every key of the schema, by what it is."""
    return {
        "document": keys.task(task_id),
        "index": keys.index(),
        **{f"index {s}": keys.index(s) for s in STATUSES},
        "index type": keys.index(None, "fetch_data"),
        "index symbol": keys.index("running", "fetch_data", "7203.T"),
        "facets": keys.facets,
        "expiry": keys.expiry,
        "runs": keys.runs("fetch_data"),
        "leases": keys.leases,
        "held": keys.lease_tasks(lease),
        "lock reap": keys.lock("reap"),
        "lock unheld": keys.lock("reap_unheld"),
        "lock cleanup": keys.lock("cleanup"),
    }


def put_type(raw: Any, key: str, kind: str, some: bytes) -> None:
    """A value of another type, or another value, in the place of ours."""
    raw.delete(key)
    TYPES[kind](raw, key, some)


def put_member(raw: Any, key: str, some: bytes, score: Any, facets: bytes) -> None:
    """Another program's member beside ours, or garbage in the place of ours."""
    kind = raw.type(key)
    if kind == b"hash":
        raw.hset(key, some, facets)
    elif kind == b"zset" or key.rpartition(":")[0].endswith("progress_lease_tasks"):
        raw.zadd(key, {some: score})
    elif kind == b"string":
        raw.set(key, some)


some_bytes = st.binary(max_size=40) | st.sampled_from(MEMBERS) | st.just(b'{"task_id":"live"}')
some_facets = st.binary(max_size=20) | st.sampled_from(
    [b"[]", b"5", b"null", b"{}", b'["running"]', b'["running",5]', b"[1,2,3,4]", b"[" * 9_000]
)
