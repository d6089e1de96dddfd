"""Cleanup of a million expired records: how many a second, and how long the store is held."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, TypeVar

import redis

from progress_backend.embedded import EmbeddedServer
from progress_backend.flows.flow import Flow
from progress_backend.flows.keys import Keys
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store

from .cloned_records import mixed
from .one_core import on_one_core
from .processor import Spent
from .rounds import Rounds
from .row import Row

T = TypeVar("T")

OURS, SCRIPT = "cleanup", "bare script"
_BATCH = 500
_ALLOWED_MS = 2.0

#: What one would write for one server and its plain keys: all that is due in one call, each index
#: touched once. KEYS: order of cleanup, facets. ARGV: due before (ms), how many.
_BARE = """
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #ids == 0 then return 0 end
local names, places, kinds = {}, {}, {}
for i, facets in ipairs(redis.call('HMGET', KEYS[2], unpack(ids))) do
  local indexes = kinds[facets]
  if not indexes then
    local stands = cjson.decode(facets)
    indexes = {'tasks'}
    local facet = {'|status=' .. stands[1], '|type=' .. stands[2]}
    if stands[3] ~= cjson.null then facet[3] = '|symbol=' .. stands[3] end
    for _, part in ipairs(facet) do
      for n = 1, #indexes do indexes[#indexes + 1] = indexes[n] .. part end
    end
    kinds[facets] = indexes
  end
  for _, name in ipairs(indexes) do
    local own = places[name]
    if not own then own = {} places[name] = own end
    own[#own + 1] = ids[i]
  end
  names[i] = 'task:' .. ids[i]
end
for name, own in pairs(places) do redis.call('ZREM', name, unpack(own)) end
redis.call('UNLINK', unpack(names))
redis.call('HDEL', KEYS[2], unpack(ids))
redis.call('ZREM', KEYS[1], unpack(ids))
return #ids
"""


def measure(quick: bool) -> list[Row]:
    """Two rows: records a second, and the longest call."""
    each, rounds = (5_000, 2) if quick else (50_000, 9)
    records = each * 2 * (rounds + 1)
    with (
        EmbeddedServer() as server,
        redis.Redis.from_url(server.url) as client,
        Store(Settings(redis_url=server.url)) as store,
    ):
        mixed(store, records, ("completed", "error"))
        # A millisecond of it every now and then is the server's own, and no part of any call.
        client.config_set("activerehashing", "no")
        later = store.now() + timedelta(days=2)
        held: dict[str, list[float]] = {OURS: [], SCRIPT: []}
        spent = Spent(lambda _: (os.getpid(), server.pid))
        cleaners: dict[str, Callable[[Held], int]] = {
            OURS: lambda call: _driven(store, store.flows.cleanup(later, "-", most=each), call),
            SCRIPT: lambda call: _scripted(client, later, each, call),
        }

        def a_round(name: str) -> Callable[[], float]:
            def clean() -> float:
                call = Held(server.pid)
                began = perf_counter()
                gone = cleaners[name](call)
                seconds = perf_counter() - began
                assert gone == each, f"{gone} records are gone, not {each}"
                held[name].append(call.longest_ms)
                return gone / seconds

            return lambda: spent.during(name, clean)

        with on_one_core([server.pid]):
            measured = Rounds.of({name: a_round(name) for name in cleaners}, rounds)
        left = set(client.keys("task*")) - set(client.keys(Keys().rate("*")))
        assert not left, f"{len(left)} keys are left, such as {left.pop()}"
    longest = {name: median(figures[1:]) for name, figures in held.items()}
    over = sum(figure > _ALLOWED_MS for figure in held[OURS])
    return [
        Row(
            what=f"cleanup of {records:,} expired records",
            unit="/s",
            figures=measured.medians(),
            peer=SCRIPT,
            ratio=measured.ratio(OURS, SCRIPT),
            target=0.6,
            more=True,
            notes=(
                f"{each:,} ended records of 48 kinds a round; the script takes {_BATCH} a call",
                f"processor time of both processes: {spent.ratio(OURS, SCRIPT):.3f}× the script's",
                measured.spread(OURS, SCRIPT),
            ),
        ),
        Row(
            what="cleanup, the longest call",
            unit="ms",
            figures={**longest, "allowed": _ALLOWED_MS},
            peer="allowed",
            ratio=longest[OURS] / _ALLOWED_MS,
            target=1.0,
            notes=(
                "processor time of the server for a call, its own rehashing in between turned off; "
                "the median of the rounds' longest",
                f"of {len(held[OURS])} rounds {over} had a longer call than allowed, "
                f"the longest took {max(held[OURS]):.1f} ms",
            ),
        ),
    ]


class Held:
    """How long the server was held by the longest of some calls."""

    def __init__(self, pid: int) -> None:
        self._schedstat = Path(f"/proc/{pid}/schedstat")
        self.longest_ms = 0.0

    def by(self, call: Callable[[], T]) -> T:
        """What the call returns."""
        before = self._spent_ns()
        answer = call()
        self.longest_ms = max(self.longest_ms, (self._spent_ns() - before) / 1e6)
        return answer

    def _spent_ns(self) -> int:
        return int(self._schedstat.read_text().split()[0])


def _driven(store: Store, flow: Flow[int], held: Held) -> int:
    """As `store.run`, each command watched."""
    reply: Any = None
    try:
        while True:
            command = flow.send(reply)
            reply = held.by(lambda command=command: store.execute(command))  # type: ignore[misc]
    except StopIteration as end:
        gone: int = end.value
        return gone


def _scripted(client: redis.Redis, later: datetime, each: int, held: Held) -> int:
    script, keys, gone = client.register_script(_BARE), Keys(), 0
    while gone < each:
        due: Any = [int(later.timestamp() * 1000), min(_BATCH, each - gone)]
        deleted: int = held.by(lambda due=due: script([keys.expiry, keys.facets], due))  # type: ignore[misc]
        if not deleted:
            break
        gone += deleted
    return gone
