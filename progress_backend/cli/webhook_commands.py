"""The commands `webhook test` and `run`."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

import click

from ..credentials.targets import Targets, targets_of
from ..errors import SettingsError
from ..record import webhook_event
from ..settings import Settings
from .session import Command, need, settings_of


@click.group()
def webhook() -> None:
    """Send final states and warnings to webhooks.

    PROGRESS_WEBHOOKS or PROGRESS_WEBHOOKS_FILE lists the targets.
    """


@webhook.command(cls=Command)
@click.argument("name")
@click.pass_context
def test(ctx: click.Context, name: str) -> None:
    """Send a test event to a target, and print the response."""
    settings = settings_of(ctx)
    targets = {target.name: target for target in _targets(settings)()}
    if (target := targets.get(name)) is None:
        raise SettingsError(f"there is no webhook {name}; there are {', '.join(targets)}")
    from ..webhooks.post import post

    now = datetime.now(UTC)
    its_id = webhook_event.event_id(name, int(now.timestamp() * 1000), webhook_event.TEST)
    source = webhook_event.source_of(settings.key_prefix)
    body = webhook_event.body(
        "webhook", webhook_event.TEST, its_id, name, now, source, b'{"message":"a test"}'
    )
    answer = post(target, its_id, body)
    if not answer.delivered:
        raise click.ClickException(f"webhook {name} did not accept the event: {answer}")
    click.echo(f"webhook {name} has accepted the event: {answer}")


@webhook.command(cls=Command)
@click.pass_context
def run(ctx: click.Context) -> None:
    """Send events until SIGTERM or Ctrl-C. You can run any number of these processes."""
    settings = settings_of(ctx)
    targets = _targets(settings)
    from ..webhooks.sender import WebhookSender

    sender = WebhookSender(settings, targets)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sender.stop())
    click.echo(f"sending events to {len(targets())} webhooks")
    sender.run()


def _targets(settings: Settings) -> Targets:
    targets = targets_of(settings)
    if targets is None:
        raise SettingsError(
            "no webhooks are configured: set PROGRESS_WEBHOOKS or PROGRESS_WEBHOOKS_FILE"
        )
    need("webhooks", "httpcore", "standardwebhooks")
    return targets
