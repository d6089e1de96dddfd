"""The webhook targets that are configured now: PROGRESS_WEBHOOKS, and a file that is read again
when it changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ..errors import SettingsError
from ..record import webhook_target
from ..record.webhook_target import Target
from ..settings import Settings
from .file_version import Reread

#: Gives the targets that are configured now.
Targets = Reread[tuple[Target, ...]]


def targets_of(settings: Settings, clock: Callable[[], float] = time.monotonic) -> Targets | None:
    """The targets of these settings; None where none are configured.

    Raises:
        SettingsError: a target cannot be used, the file cannot be read, or both are set.
    """
    if settings.webhooks and settings.webhooks_file:
        raise SettingsError("set PROGRESS_WEBHOOKS or PROGRESS_WEBHOOKS_FILE, not both")
    if not (settings.webhooks or settings.webhooks_file):
        return None
    path = Path(settings.webhooks_file) if settings.webhooks_file else None

    def read() -> tuple[Target, ...]:
        try:
            text = settings.webhooks if path is None else path.read_text(encoding="utf-8")
            return webhook_target.read(text)
        except (OSError, UnicodeDecodeError, SettingsError) as error:
            raise SettingsError(f"{path or 'PROGRESS_WEBHOOKS'}: {error}") from None

    return Reread(path, read, "webhooks", clock)
