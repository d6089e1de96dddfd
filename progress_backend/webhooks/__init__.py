"""Webhooks: what sends ends and warnings to their targets, in API, beat or `webhook run`. No
worker's process and no queue has a part in it."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from ..daemon import daemon
from ..settings import Settings
from ..targets import targets_of

if TYPE_CHECKING:
    from ..operations.webhooks import Figures
    from .sender import Sender

logger = logging.getLogger(__name__)

#: The packages of the extra.
_PARTS: Final = ("httpcore", "standardwebhooks")


def missing() -> str | None:
    """What of the extra is not installed, as a sentence."""
    absent = " and ".join(name for name in _PARTS if find_spec(name) is None)
    return f"webhooks need {absent}: pip install 'progress-backend[webhooks]'" if absent else None


def begin_sending(settings: Settings) -> Sender | None:
    """Starts a sender where webhook targets are configured; None where none are, and, with a log
    line, without the extra."""
    targets = targets_of(settings)
    if targets is None:
        return None
    if (absent := missing()) is not None:
        logger.error("%s", absent)
        return None
    from .sender import Sender

    sender = Sender(settings, targets)
    daemon("progress-webhooks", sender.run)
    return sender


def figures_of(settings: Settings, names: tuple[str, ...]) -> list[Figures]:
    """What became of the events of each of these targets.

    Raises:
        SettingsError: there is no store.
        StoreUnavailable: the store does not answer.
    """
    from ..operations.webhooks import figures
    from ..store.drivers import Store  # redis-py takes a quarter of a second to import

    with Store(settings) as store:
        return store.execute(figures(names))
