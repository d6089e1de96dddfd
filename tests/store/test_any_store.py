"""The store that the settings name."""

from __future__ import annotations

import pytest

from progress_backend.addresses import CLUSTER_SCHEMES, STORE_SCHEMES
from progress_backend.errors import SettingsError
from progress_backend.settings import Settings
from progress_backend.store.any_store import open_store


def test_each_scheme_has_its_store() -> None:
    for scheme in (*STORE_SCHEMES, *CLUSTER_SCHEMES):
        settings = Settings(redis_url=f"{scheme}://127.0.0.1:1/0")
        with open_store(settings) as store:
            assert store.settings is settings
    with pytest.raises(SettingsError, match="no store: set PROGRESS_REDIS_URL"):
        open_store(Settings())
