"""Very many records, in seconds: the product writes one of a kind, a script at the store copies it.

A copy has all that the original has, under its own id: document with its expiry, facets, places in
the orders of cleanup and of ends (a millisecond after the one before), of ids, and in every index.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import product

import redis

from progress_backend.flows.stored_record import facets_of
from progress_backend.operations import leases
from progress_backend.operations.index_entry import indexes
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.record.task_json import decode
from progress_backend.store.drivers import Store

STATUSES = ("created", "running", "completed", "error")
TYPES = ("fetch_data", "bulk_import", "report")
SYMBOLS = (None, "7203.T", "6758.T", "9984.T", "8306.T", "6861.T", "9432.T", "4063.T")
_WORKER = Worker("celery@host/0123456789abcdef", "celery@host")
#: Longer than any measurement.
_LEASE_S = 3_600
#: An original's number is above every copy's.
_ORIGINALS = 0xF000_0000
#: Copies a call of the script, so that their arguments fit on Lua's stack.
_AT_ONCE = 1_000

#: Copies of one kind before those of the next kind.
_INTERLEAVED = 100

#: KEYS: facets, expiry, ended, then the indexes. ARGV: prefix of documents, original's id,
#: first number, step and count of the copies, creation time (µs) of number 0, tail of every id.
_COPY = """
local original, prefix = ARGV[2], ARGV[1]
local document = redis.call('GET', prefix .. original)
local ttl = redis.call('PTTL', prefix .. original)
local facets = redis.call('HGET', KEYS[1], original)
local due = redis.call('ZSCORE', KEYS[2], original)
local over = redis.call('ZSCORE', KEYS[3], original)
local at = string.find(document, original, 1, true)
local head, rest = string.sub(document, 1, at - 1), string.sub(document, at + #original)
local first, step, count = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local stands, dues, created, ended = {}, {}, {}, {}
for i = 0, count - 1 do
  local number = first + i * step
  local id = string.format('%08x', number) .. ARGV[7]
  redis.call('SET', prefix .. id, head .. id .. rest, 'PX', ttl)
  stands[2 * i + 1], stands[2 * i + 2] = id, facets
  dues[2 * i + 1], dues[2 * i + 2] = due + number, id
  ended[2 * i + 1], ended[2 * i + 2] = (over or 0) + number, id
  created[2 * i + 1], created[2 * i + 2] = string.format('%.0f', ARGV[6] + number), id
end
redis.call('HSET', KEYS[1], unpack(stands))
redis.call('ZADD', KEYS[2], unpack(dues))
if over then
  redis.call('ZADD', KEYS[3], unpack(ended))
end
for k = 4, #KEYS do
  redis.call('ZADD', KEYS[k], unpack(created))
end
"""
_TAIL = "-9dad-41d1-80b4-00c04fd430c8"


def task_id(number: int) -> str:
    """The id of a copy: as long as Celery's."""
    return f"{number:08x}{_TAIL}"


def running(store: Store, count: int) -> list[str]:
    """Ids of running tasks with figures, details and an estimate."""
    original = _original(store, 0, "running", TYPES[0], SYMBOLS[1])
    copy(store, original, count)
    # Their worker lives: without its lease they would be found lost in the midst of a measurement.
    store.execute(leases.renew(_WORKER.lease, int((store.now().timestamp() + _LEASE_S) * 1000)))
    return [task_id(number) for number in range(count)]


def mixed(store: Store, count: int, statuses: Sequence[str] = STATUSES) -> None:
    """Fills an empty store with tasks of these statuses, of three types, seven symbols or none.

    They were created, ended and are due in turn; so they lie in the server's memory, nearly.
    """
    store.ready()
    kinds = list(product(statuses, TYPES, SYMBOLS))
    originals = [_original(store, number, *kind) for number, kind in enumerate(kinds)]
    step, copies = len(originals), count - len(originals)
    for begin in range(0, copies, step * _INTERLEAVED):
        end = min(begin + step * _INTERLEAVED, copies)
        for place, original in enumerate(originals):
            numbers = range(begin + place, end, step)
            copy(store, original, len(numbers), first=begin + place, step=step)


def copy(store: Store, original: str, count: int, *, first: int = 0, step: int = 1) -> None:
    """Copies a record to the ids of the numbers from `first` on; they are older than it."""
    keys = store.layout.of_task(original)
    with redis.Redis.from_url(store.settings.redis_url or "") as client:
        facets = facets_of(decode(client.get(keys.task(original))))
        before_us = int(client.zscore(keys.index(), original)) - _ORIGINALS
        names = [keys.facets, keys.expiry, keys.ended(facets.status), *indexes(facets, keys)]
        script = client.register_script(_COPY)
        for done in range(0, count, _AT_ONCE):
            at_once = min(_AT_ONCE, count - done)
            numbers = (first + done * step, step, at_once)
            script(names, [keys.task(""), original, *numbers, before_us, _TAIL])


def _original(store: Store, number: int, status: str, task_type: str, symbol: str | None) -> str:
    """A record as a job leaves it."""
    identity = ev.Identity(
        task_type=task_type,
        total_items=252,
        symbol=symbol,
        metadata={"market": "TSE"},
        owner="alice" if symbol is None else None,
    )
    events: dict[str, tuple[ev.Event, ...]] = {
        "created": (ev.Created(identity=identity),),
        "running": (
            ev.Created(identity=identity),
            ev.Started(identity=identity, worker=_WORKER),
            ev.Progressed(current=75, message="データ取得中 75/252"),
            ev.Progressed(current=150, message="データ取得中 150/252"),
        ),
    }
    events["completed"] = (*events["running"], ev.Completed(results={"records_saved": 252}))
    events["error"] = (*events["running"], ev.Failed(error_message="TimeoutError: no answer"))
    made, its = task_id(_ORIGINALS + number), events[status]
    for since, event in enumerate(its, 1 - len(its)):  # its run has taken time, so it has a rate
        at = store.now() + timedelta(seconds=10 * since)
        store.run(store.flows.apply(made, (event,), at))
    return made
