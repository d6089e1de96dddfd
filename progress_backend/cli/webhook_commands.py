"""The commands `webhook list`, `test`, `secret` and `run`."""

from __future__ import annotations

import base64
import secrets
import signal
from datetime import UTC, datetime

import click

from ..errors import SettingsError
from ..record import webhook_event
from ..record.webhook_target import FILTERS, Target
from ..settings import Settings
from ..targets import Targets, targets_of
from ..webhooks import figures_of
from .session import Command, need, settings_of


@click.group()
def webhook() -> None:
    """Send ends and warnings to webhooks, and see what became of them.

    PROGRESS_WEBHOOKS or PROGRESS_WEBHOOKS_FILE has the targets.
    """


@webhook.command("list", cls=Command)
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List the targets: what each asks for, and its events."""
    settings = settings_of(ctx)
    targets = _targets(settings)()
    each = figures_of(settings, tuple(target.name for target in targets))
    for target, events in zip(targets, each, strict=True):
        counts = ", ".join(f"{count} {what}" for what, count in events._asdict().items())
        click.echo(f"{target.name}  {target.place}  {_asks_for(target)}  {counts}")


@webhook.command(cls=Command)
@click.argument("name")
@click.pass_context
def test(ctx: click.Context, name: str) -> None:
    """Send a test event to a target now, and print what it answers."""
    settings = settings_of(ctx)
    target = _target(_targets(settings), name)
    need("webhooks", "httpcore", "standardwebhooks")
    from ..webhooks.post import post

    now = datetime.now(UTC)
    its_id = webhook_event.event_id(name, int(now.timestamp() * 1000), webhook_event.TEST)
    source = webhook_event.source_of(settings.key_prefix)
    body = webhook_event.body(
        "webhook", webhook_event.TEST, its_id, name, now, source, b'{"message":"a test"}'
    )
    answer = post(target, its_id, body)
    if not answer.delivered:
        raise click.ClickException(f"webhook {name} did not take the event: {answer}")
    click.echo(f"webhook {name} has taken the event: {answer}, {answer.took_ms} ms")


@webhook.command(cls=Command)
def secret() -> None:
    """Make a secret for a target, and print it."""
    click.echo("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())


@webhook.command(cls=Command)
@click.pass_context
def run(ctx: click.Context) -> None:
    """Send events until SIGTERM or Ctrl-C. Any number of such processes may run."""
    settings = settings_of(ctx)
    targets = _targets(settings)
    need("webhooks", "httpcore", "standardwebhooks")
    from ..webhooks.sender import Sender

    sender = Sender(settings, targets)
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
    return targets


def _target(targets: Targets, name: str) -> Target:
    for target in targets():
        if target.name == name:
            return target
    known = ", ".join(target.name for target in targets())
    raise SettingsError(f"there is no webhook {name}; there are {known}")


def _asks_for(target: Target) -> str:
    filters = ((what, getattr(target, what)) for what in FILTERS)
    asked = [f"{what} {', '.join(values)}" for what, values in filters if values]
    return "; ".join(asked) or "all ends and warnings"
