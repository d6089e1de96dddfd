"""The webhook targets that are configured now: PROGRESS_WEBHOOKS, and a file that is read again
when it changes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from .errors import SettingsError
from .file_version import version_of
from .record import webhook_target
from .record.webhook_target import Target
from .settings import Settings

logger = logging.getLogger(__name__)

#: Seconds between two looks at the file.
LOOK_S: Final = 1.0


class Targets:
    """The targets that are configured now; calling it gives them."""

    def __init__(
        self, text: str, path: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Reads the targets.

        Raises:
            SettingsError: a target cannot be used, or the file cannot be read.
        """
        self._text = text
        self._path = path
        self._clock = clock
        self._looked = clock()
        self._state = version_of(path)
        self._all = self._read()

    def __call__(self) -> tuple[Target, ...]:
        """The targets; those of before where the file has become unusable."""
        now = self._clock()
        if self._path is None or now - self._looked < LOOK_S:
            return self._all
        self._looked = now
        state = version_of(self._path)
        if state != self._state:
            self._state = state
            try:
                self._all = self._read()
            except SettingsError as error:
                logger.error("%s; the webhooks of before still count", error)
            else:
                logger.info("Read %s again: %d webhooks", self._path, len(self._all))
        return self._all

    def _read(self) -> tuple[Target, ...]:
        if self._path is None:
            return _checked("PROGRESS_WEBHOOKS", self._text)
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or error
            raise SettingsError(f"the file {self._path} cannot be read: {why}") from error
        return _checked(str(self._path), text)


def targets_of(settings: Settings) -> Targets | None:
    """The targets of these settings; None where none are configured.

    Raises:
        SettingsError: a target cannot be used, the file cannot be read, or both are set.
    """
    if settings.webhooks and settings.webhooks_file:
        raise SettingsError("set PROGRESS_WEBHOOKS or PROGRESS_WEBHOOKS_FILE, not both")
    if settings.webhooks_file:
        return Targets("", Path(settings.webhooks_file))
    return Targets(settings.webhooks) if settings.webhooks else None


def _checked(where: str, text: str) -> tuple[Target, ...]:
    try:
        return webhook_target.read(text)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from None
