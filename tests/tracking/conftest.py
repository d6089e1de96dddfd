"""An app that runs its tasks where they are called."""

import pytest

from tests.apps import App
from tests.conftest import Install


@pytest.fixture
def eager(installed: Install) -> App:
    return installed({"task_always_eager": True})
