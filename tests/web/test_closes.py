"""The codes with which an error closes a socket."""

import logging

import pytest

from progress_backend.errors import ForeignValue
from progress_backend.web.push import closes


def test_a_fault_of_the_service_is_logged_and_not_named(caplog: pytest.LogCaptureFixture) -> None:
    assert closes.code_of(ForeignValue("t", "it is not JSON"))[0] == closes.UNREADABLE
    assert caplog.records == []
    assert closes.code_of(RuntimeError("a secret")) == (closes.FAILED, "")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
