"""What a storm does and when, from its seed alone; pure but for the random numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

#: Kind of job -> how often it comes.
WEIGHTS = {
    "quick": 6,
    "long": 4,
    "failing": 2,
    "retrying": 2,
    "late": 2,
    "late_again": 1,
    "ignoring": 1,
    "steered": 3,
    "overtaken": 1,
}
#: Steps (of 0.05 s) of a kind's jobs, at least and at most.
STEPS = {"quick": (1, 2), "long": (10, 50), "late": (10, 50), "late_again": (10, 50)}
#: Longer than the broker waits for an acknowledgement: such a job runs twice at the same time.
STEPS["overtaken"] = (110, 140)
OTHER_STEPS = (2, 10)
STEERED_STEPS = (20, 60)
#: What a steered job gets, in order.
STEERING = (("cancel",), ("pause", "resume"), ("pause", "cancel"), ("pause", "resume", "cancel"))
#: Injuries of the processes, and of each ground's servers.
_PROCESSES = ("kill worker", "kill main process", "kill pool child", "kill beat", "kill API")
INJURIES = {
    "together": (*_PROCESSES, "pause store", "kill store"),
    "apart": (*_PROCESSES, "pause broker", "kill broker", "kill node", "pause node"),
}
#: Jobs a second: what two cores can do while they start the killed again.
PACE = 4.5


@dataclass(frozen=True)
class Steer:
    """Something asked of a job by HTTP's way, seconds after the storm began."""

    at: float
    what: str


@dataclass(frozen=True)
class Job:
    """One publish."""

    at: float
    kind: str
    steps: int
    steers: tuple[Steer, ...] = ()


@dataclass(frozen=True)
class Injury:
    """Something is killed or held up, for `lasts` seconds; `pick` (0-1) says which of several."""

    at: float
    what: str
    lasts: float
    pick: float


@dataclass(frozen=True)
class Plan:
    """All of it."""

    seed: int
    jobs: tuple[Job, ...]
    injuries: tuple[Injury, ...]

    @classmethod
    def of(cls, seed: int, runs: int, ground: str = "together") -> Plan:
        """The same for the same seed, number of runs and ground."""
        jobs = tuple(_jobs(Random(f"{seed} jobs"), runs))
        injuries = _injuries(Random(f"{seed} injuries"), jobs[-1].at, INJURIES[ground])
        return cls(seed, jobs, tuple(injuries))


def _jobs(random: Random, runs: int) -> Iterator[Job]:
    at = 0.0
    for _ in range(runs):
        at += random.expovariate(PACE)
        (kind,) = random.choices([*WEIGHTS], [*WEIGHTS.values()])
        if kind != "steered":
            yield Job(at, kind, random.randint(*STEPS.get(kind, OTHER_STEPS)))
            continue
        moment, steers = at, []
        for what in random.choice(STEERING):
            moment += random.uniform(0.02, 1.5)
            steers.append(Steer(moment, what))
        yield Job(at, kind, random.randint(*STEERED_STEPS), tuple(steers))


def _injuries(random: Random, until: float, kinds: Sequence[str]) -> Iterator[Injury]:
    """One of each kind before the next of any."""
    at, bag = 1.0, list[str]()
    while at < until:
        if not bag:
            bag = list(kinds)
            random.shuffle(bag)
        what = bag.pop()
        yield Injury(at, what, random.uniform(0.1, 2.5), random.random())
        at += random.uniform(0.6, 2.6)
