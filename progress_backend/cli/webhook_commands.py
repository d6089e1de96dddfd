"""The commands `webhook list`, `test`, `deliveries`, `resend`, `on`, `off`, `secret` and `run`."""

from __future__ import annotations

import base64
import secrets
import signal
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from ..errors import SettingsError
from ..flows import commands as c
from ..flows import webhooks
from ..flows.stored_record import milliseconds
from ..record import webhook_event
from ..record.webhook_target import Target
from ..settings import Settings
from ..targets import Targets, targets_of
from ..terminal.opening import open_store
from ..webhooks.delivery import deliver, missing
from ..webhooks.sender import Sender
from .session import Command, settings_of

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def webhook() -> None:
    """Send ends and warnings to webhooks, and see what became of them.

    PROGRESS_WEBHOOKS or PROGRESS_WEBHOOKS_FILE has the targets.
    """


def _with_name(command: F) -> F:
    return click.argument("name")(command)


@webhook.command("list", cls=Command)
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List the targets: what each asks for, and its events."""
    settings = settings_of(ctx)
    targets = _targets(settings)()
    names = tuple(target.name for target in targets)
    with open_store(settings) as store:
        off: dict[str, int] = store.execute(c.TargetsOff())
        each: list[c.Outbox] = store.execute(c.OutboxFigures(names))
    for target, outbox in zip(targets, each, strict=True):
        state = f"off since {_time(off[target.name])}" if target.name in off else "on"
        counts = ", ".join(
            f"{count} {what}" for what, count in zip(outbox._fields, outbox, strict=True)
        )
        click.echo(f"{target.name}  {target.place}  {state}  {_asks_for(target)}  {counts}")


@webhook.command(cls=Command)
@_with_name
@click.pass_context
def test(ctx: click.Context, name: str) -> None:
    """Send a test event to a target now, and print what it answers."""
    settings = settings_of(ctx)
    target = _target(_targets(settings), name)
    _need([target])
    now = datetime.now(UTC)
    its_id = webhook_event.event_id(name, milliseconds(now), webhook_event.TEST)
    source = webhook_event.source_of(settings.key_prefix)
    body = webhook_event.body(
        "webhook", webhook_event.TEST, its_id, name, now, source, b'{"message":"a test"}'
    )
    answer = deliver(target, its_id, body)
    if not answer.delivered:
        raise click.ClickException(f"webhook {name} did not take the event: {answer}")
    click.echo(f"webhook {name} has taken the event: {answer}, {answer.took_ms} ms")


@webhook.command(cls=Command)
@_with_name
@click.pass_context
def deliveries(ctx: click.Context, name: str) -> None:
    """List the last 100 attempts to send events to a target, the newest first."""
    settings = settings_of(ctx)
    _target(_targets(settings), name)
    with open_store(settings) as store:
        found = store.run(webhooks.deliveries(name))
    for one in found:
        said = one.get("error") or f"HTTP {one.get('status')}"
        click.echo(f"{one['at']}  {one['id']}  attempt {one.get('attempt')}  {said}")
    if not found:
        click.echo(f"nothing was sent to webhook {name} yet", err=True)


@webhook.command(cls=Command)
@_with_name
@click.argument("event_id")
@click.pass_context
def resend(ctx: click.Context, name: str, event_id: str) -> None:
    """Send an event of the last attempts again, under the same id."""
    settings = settings_of(ctx)
    _target(_targets(settings), name)
    with open_store(settings) as store:
        if not store.run(webhooks.resend(name, event_id)):
            raise click.ClickException(
                f"event {event_id} is not among the last attempts of webhook {name}"
            )
    click.echo(f"event {event_id} is sent to webhook {name} again")


@webhook.command(cls=Command)
@_with_name
@click.pass_context
def on(ctx: click.Context, name: str) -> None:
    """Switch a target on again; the events that wait are sent."""
    _switch(ctx, name, off=False)


@webhook.command(cls=Command)
@_with_name
@click.pass_context
def off(ctx: click.Context, name: str) -> None:
    """Switch a target off; its events wait."""
    _switch(ctx, name, off=True)


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
    _need(targets())
    with open_store(settings) as store:
        sender = Sender(store, targets)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sender.stop())
        click.echo(f"sending events to {len(targets())} webhooks")
        sender.run()


def _need(targets: Iterable[Target]) -> None:
    """Ends the command with one line if what the targets need is not installed."""
    for sentence in missing(targets):
        raise click.ClickException(sentence)


def _switch(ctx: click.Context, name: str, *, off: bool) -> None:
    settings = settings_of(ctx)
    _target(_targets(settings), name)
    with open_store(settings) as store:
        store.ready()
        store.execute(c.SwitchTarget(name, milliseconds(store.now()) if off else None))
    click.echo(f"webhook {name} is switched {'off' if off else 'on'}")


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
    asked = [
        f"{what} {', '.join(values)}"
        for what, values in (
            ("type", target.task_type),
            ("status", target.status),
            ("warning", target.warning),
            ("owner", target.owner),
        )
        if values
    ]
    return "; ".join(asked) or "all ends and warnings"


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
