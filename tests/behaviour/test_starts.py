"""Which of several callers with one key publishes."""

from datetime import timedelta

import pytest

from progress_backend.flows.value_in_place import in_place
from progress_backend.operations import starts
from progress_backend.operations.starts import Claim
from progress_backend.record import events as ev
from tests.behaviour.driving import Driver

ONE, OTHER = "a" * 64, "b" * 64
CREATED = ev.Created(identity=ev.Identity("fetch_data"))


def claim(driver: Driver, digest: str = ONE) -> Claim:
    return driver.execute(starts.claim("t", digest))


def create(driver: Driver) -> None:
    driver.run(driver.flows.apply("t", (CREATED,), driver.now()))


def test_one_caller_claims_until_its_publish_has_ended(driver: Driver) -> None:
    first = claim(driver)
    assert (first.standing, first.there) == ("claimed", False)
    assert claim(driver) == Claim("publishing")
    assert claim(driver, OTHER) == Claim("other")
    create(driver)
    driver.execute(starts.end("t", first.mark, "published"))
    assert claim(driver) == Claim("published")
    assert claim(driver, OTHER) == Claim("other")


def test_after_a_failed_publish_the_key_is_free_for_any_arguments(driver: Driver) -> None:
    first = claim(driver)
    create(driver)
    driver.execute(starts.end("t", first.mark, "free"))
    second = claim(driver, OTHER)
    assert (second.standing, second.there) == ("claimed", True)
    # The first publish ends late, and changes nothing.
    driver.execute(starts.end("t", first.mark, "published"))
    assert claim(driver, OTHER) == Claim("publishing")


def test_a_creator_that_died_holds_its_claim_for_half_a_minute(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = claim(driver)
    create(driver)
    assert claim(driver) == Claim("publishing")
    monkeypatch.setattr(starts, "_STALE_MS", 0)
    later = claim(driver)
    assert (later.standing, later.there) == ("claimed", True)
    assert later.mark >= first.mark


def test_a_publish_that_goes_on_keeps_its_claim(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = claim(driver)
    create(driver)
    monkeypatch.setattr(starts, "_STALE_MS", 0)
    renewed = driver.execute(starts.end("t", first.mark, "publishing"))
    while (second := claim(driver)).mark == renewed:
        pass  # a claim of the same millisecond
    assert second.standing == "claimed"
    # The first one's claim was taken over, and it changes nothing.
    assert driver.execute(starts.end("t", renewed, "publishing")) == renewed
    monkeypatch.undo()
    assert claim(driver) == Claim("publishing")
    assert driver.execute(starts.end("t", second.mark, "published")) == second.mark.replace(
        "publishing", "published"
    )


def test_a_record_of_others_is_not_taken_over(driver: Driver) -> None:
    create(driver)
    assert claim(driver) == Claim("foreign")


def test_a_start_is_forgotten_with_its_record(driver: Driver) -> None:
    first = claim(driver)
    driver.execute(starts.end("t", first.mark, "published"))
    assert claim(driver, OTHER).standing == "claimed"


@pytest.mark.parametrize("again", [True, False])
def test_mark_and_arguments_are_kept_for_as_long_as_the_record(driver: Driver, again: bool) -> None:
    """A run may write values for weeks."""
    text = b"- {}" if again else None
    identity = ev.Identity("fetch_data", again=again)
    mark = claim(driver).mark
    published = ev.Created(identity=identity, message=text)
    driver.run(driver.flows.apply("t", (CREATED, published), driver.now()))
    driver.execute(starts.end("t", mark, "published"))
    started = ev.Started(identity=identity)
    base = driver.run(driver.flows.apply("t", (started,), driver.now())).base
    keys = [driver.keys.start("t"), *([driver.keys.message("t")] if again else [])]
    for key in keys:
        driver.raw.pexpire(key, 60_000)
    later = driver.now() + timedelta(hours=2)
    assert in_place(driver.flows, base, ev.Progressed(current=1, attempt=1), later) is None
    driver.run(driver.flows.apply("t", (ev.Progressed(current=1, attempt=1),), later, base=base))
    record = driver.raw.pttl(driver.keys.task("t"))
    assert [driver.raw.pttl(key) for key in keys] == [pytest.approx(record, abs=5_000)] * len(keys)
