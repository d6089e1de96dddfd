"""The webhook targets that are configured: by the setting, or by a file that changes."""

import logging
from pathlib import Path

import pytest

from progress_backend.credentials.file_version import LOOK_S
from progress_backend.credentials.targets import targets_of
from progress_backend.errors import SettingsError
from progress_backend.settings import Settings
from tests.webhooks.targets import SECRET, spec


def test_without_a_setting_there_are_none() -> None:
    assert targets_of(Settings()) is None


def test_the_setting_is_a_json_list_and_in_celerys_configuration_a_list() -> None:
    by_environment = Settings.from_sources(None, {"PROGRESS_WEBHOOKS": spec()})
    given = {"name": "ops", "url": "https://ops.example.com/hook", "secret": SECRET}
    by_celery = Settings.from_sources({"progress_webhooks": [given]}, {})
    by_install = Settings.from_sources(None, {}, webhooks=[given])
    for settings in (by_environment, by_celery, by_install):
        targets = targets_of(settings)
        assert [target.name for target in targets()] == ["ops"]
        assert SECRET not in repr(settings)


def test_a_file_is_read_again_when_it_changes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path, now = tmp_path / "webhooks.json", [0.0]
    path.write_text(spec("one"))
    targets = targets_of(Settings(webhooks_file=str(path)), clock=lambda: now[0])
    assert targets is not None

    def names() -> list[str]:
        return [target.name for target in targets()]

    path.write_text(spec("one")[:-1] + "," + spec("two")[1:])
    assert names() == ["one"]  # it has looked a moment ago
    now[0] += LOOK_S
    assert names() == ["one", "two"]
    path.write_text("[")
    now[0] += LOOK_S
    assert names() == ["one", "two"]
    assert "the webhooks of before stay valid" in caplog.text
    assert targets.fault is not None
    path.write_text(spec("three"))
    now[0] += LOOK_S
    assert names() == ["three"]
    path.unlink()
    now[0] += LOOK_S
    assert names() == ["three"]
    assert targets.fault is not None
    assert SECRET not in caplog.text


def test_what_cannot_be_used_says_where_it_stands(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="PROGRESS_WEBHOOKS: webhooks must be a JSON list"):
        targets_of(Settings(webhooks="{"))
    with pytest.raises(SettingsError, match=r"nowhere\.json: "):
        targets_of(Settings(webhooks_file=str(tmp_path / "nowhere.json")))
    with pytest.raises(SettingsError, match="not both"):
        targets_of(Settings(webhooks=spec(), webhooks_file="x"))
