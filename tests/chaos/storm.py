"""One storm, from the first publish until every record was judged."""

import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import redis

from tests.chaos import calm
from tests.chaos.app import LEASE_S, REAP_INTERVAL_S, VISIBILITY_S, build
from tests.chaos.facts import Facts
from tests.chaos.fleet import Fleet
from tests.chaos.ground import GROUNDS
from tests.chaos.jobs import AGAIN
from tests.chaos.plan import Plan
from tests.chaos.report import Report
from tests.chaos.traffic import Traffic
from tests.chaos.verdict import Case, Verdict, judge
from tests.chaos.watching import Reader
from tests.waiting import PATIENCE_S

#: A message that stays the same for so long will not be done with: it may have to come back twice.
_STUCK_S = 2 * VISIBILITY_S + PATIENCE_S
#: However slowly it goes on.
_DELIVERED_S = 300.0
#: From when nothing is under way any more until each silent run must have been judged: the store
#: seen answering for a lease, a lease of silence, a pass; and a minute for a busy machine.
_JUDGED_S = 2 * LEASE_S + 2 * REAP_INTERVAL_S + PATIENCE_S


class Storm:
    """Made and run once, in the main thread."""

    def __init__(self, plan: Plan, folder: Path, ground: str = "together") -> None:
        self.plan = plan
        self.facts = Facts(folder / "facts")
        self.facts.folder.mkdir()
        logs = folder / "logs"
        logs.mkdir()
        self.ground = GROUNDS[ground](folder)
        urls = self.ground.broker.url, self.ground.store_url
        self.app = build(*urls)
        # One that subscribes to results would complain of each while the broker is away.
        self.publisher = build(*urls, results=False)
        self.settings = self.ground.settings
        self.fleet = Fleet(logs, self.ground, self.facts.folder)
        self.traffic = Traffic(self.publisher, self.settings, plan)
        self.undelivered: list[str] = []
        self.reader = Reader(self.settings, lambda: list(self.traffic.published), plan.seed)

    def run(self) -> Report:
        """The storm, the calm after it, and what it comes to."""
        began = time.monotonic()
        with ExitStack() as stack:
            stack.callback(self.ground.stop)
            stack.callback(self.app.close)
            stack.callback(self.publisher.close)
            stack.callback(self.fleet.stop)
            self.fleet.start()
            with self.reader:
                self._rage()
                self._settle()
                verdicts, wrong = self._judge()
            return Report(self, verdicts, self.undelivered + wrong, time.monotonic() - began)

    def _rage(self) -> None:
        self.traffic.start()
        injuries = list(reversed(self.plan.injuries))
        while not self.traffic.over:
            while injuries and injuries[-1].at <= self.traffic.elapsed:
                self.fleet.hurt(injuries.pop())
            self.fleet.heal()
            time.sleep(0.02)

    def _settle(self) -> None:
        """Everything is well again, and every message was delivered and done with."""
        self.fleet.heal(all_of_it=True)
        self.ground.calm()
        self.fleet.note("calm")
        self.fleet.ready()
        self.fleet.rest_beat()

        began = changed = time.monotonic()
        before: list[str] = []
        with redis.Redis.from_url(self.ground.broker.url) as client:
            while waiting := calm.waiting(client):
                now = time.monotonic()
                if waiting != before:
                    before, changed = waiting, now
                if now - changed > _STUCK_S or now - began > _DELIVERED_S:
                    break
                self.fleet.heal()
                calm.deliver_again(self.app)
                time.sleep(0.2)
        # Of two runs of one message the first acknowledges it for both.
        while self.facts.under_way() and time.monotonic() - began < _DELIVERED_S:
            time.sleep(0.2)
        self.fleet.note("delivered")
        self.undelivered = [f"{task_id}: its message is left over" for task_id in waiting]

    def _judge(self) -> tuple[dict[str, Verdict], list[str]]:
        """The verdicts when all are right, else those at the end of the time there is for it."""
        deadline = time.monotonic() + _JUDGED_S
        while True:
            verdicts, wrong = self._look()
            if (all(v.right for v in verdicts.values()) and not wrong) or (
                time.monotonic() > deadline
            ):
                return verdicts, wrong
            time.sleep(0.2)

    def _look(self) -> tuple[dict[str, Verdict], list[str]]:
        with self.ground.reading() as client:
            stored = calm.documents(client, self.settings)
        published = self.traffic.published
        received = self.fleet.received()
        task_ids = sorted({*published, *stored})
        known = calm.states(self.app, task_ids)
        verdicts = {}
        for task_id in task_ids:
            sent = published.get(task_id)
            raised = None if sent is None else sent.raised is not None
            record, facts = stored.get(task_id), self.facts.of(task_id)
            alive = any(map(psutil.pid_exists, self.facts.processes(task_id)))
            again = sent is not None and sent.job.kind in AGAIN and task_id in received
            state, killed = known[task_id]
            case = Case(task_id, state, record, facts, raised, alive, again, killed)
            verdicts[task_id] = judge(case)
        wrong = calm.disagreements(self.settings, stored)
        return verdicts, wrong + calm.misanswered(self.fleet.address, stored)
