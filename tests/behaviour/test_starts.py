"""Which of several callers with one key publishes."""

from __future__ import annotations

import pytest

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
