"""Processes that a command starts, and that end with it."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen
from typing import Final

import click

from ..embedded import EmbeddedServer, EmbeddedServerError, die_with_parent, end_process

#: Seconds until all of them must answer.
READY_S: Final = 60.0


def start_store(stack: ExitStack) -> str:
    """Starts a store in memory, which ends with the stack; its URL."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # what was started ends then, too
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        return stack.enter_context(EmbeddedServer()).url
    except EmbeddedServerError as error:
        raise click.ClickException(str(error)) from error


def start_parts(
    stack: ExitStack, folder: Path, parts: Mapping[str, tuple[Sequence[str], str]], begun: float
) -> dict[str, str]:
    """Starts `python ARGUMENTS` for each part, which the stack ends, the last first; prints its
    seconds since `begun` when its log matches. What matched, by name.

    Raises:
        click.ClickException: one ended, or does not answer in time; with its last output.
    """
    processes, found = dict[str, Popen[bytes]](), dict[str, str]()
    click.echo(f"Redis {time.monotonic() - begun:.1f} s", nl=False)
    for name, (arguments, _) in parts.items():
        with (folder / f"{name}.log").open("wb") as log:
            processes[name] = Popen(
                [sys.executable, *arguments], stdin=DEVNULL, stdout=log, stderr=STDOUT,
                start_new_session=True,  # Ctrl-C reaches this process alone
                # A worker whose store is gone, too, does not end by SIGTERM.
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - only prctl
            )  # fmt: skip
        stack.callback(end_process, processes[name])
    stack.callback(click.echo, "stopping …")
    while left := parts.keys() - found.keys():
        for name in left:
            ended = processes[name].poll() is not None
            output = (folder / f"{name}.log").read_text(errors="replace")
            if match := re.search(parts[name][1], output, re.MULTILINE):
                found[name] = match[0]
                click.echo(f" · {name} {time.monotonic() - begun:.1f} s", nl=False)
            elif ended or time.monotonic() > begun + READY_S:
                raise click.ClickException(f"\n{name} did not start:\n{output[-2000:]}")
        time.sleep(0.05)
    click.echo()
    return found
