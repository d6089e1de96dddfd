"""Webhooks: what sends ends and warnings to their targets, in API, beat or `webhook run`. No
worker's process and no queue has a part in it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..credentials.targets import targets_of
from ..daemon import daemon
from ..settings import Settings

if TYPE_CHECKING:
    from .sender import WebhookSender

logger = logging.getLogger(__name__)


def begin_sending(settings: Settings) -> WebhookSender | None:
    """Starts a sender where webhook targets are configured; None where none are, and, with a log
    line, without the extra."""
    if (targets := targets_of(settings)) is None:
        return None
    try:
        from .sender import WebhookSender
    except ImportError as absent:
        wanted = "pip install 'progress-backend[webhooks]'"
        logger.error("webhooks need %s: %s", absent.name, wanted)
        return None
    sender = WebhookSender(settings, targets)
    daemon("progress-webhooks", sender.run)
    return sender
