"""The checks of a run before anything starts; a failed one is one line with the remedy."""

from __future__ import annotations

import fcntl
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from errno import EADDRINUSE
from pathlib import Path

import redis

from progress_backend.addresses import without_password
from progress_backend.errors import SettingsError
from progress_backend.settings import Settings
from progress_backend.store.connection import sync_client
from progress_backend.store.deadline import Deadline

from .launch_fleet import LaunchError

#: Seconds that a configured store may take to answer.
STORE_TIMEOUT_S = 3.0
#: The system's time zone, a link to its rules.
LOCALTIME = Path("/etc/localtime")


def port(what: str, host: str, wanted: int, setting: str) -> int:
    """The port, if it is free; 0 is given a free one. Raises LaunchError if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, wanted))
            return int(probe.getsockname()[1])
    except OSError as error:
        if error.errno == EADDRINUSE:
            why, do = "is in use", f"end what listens there, or choose another: {setting}=…"
        else:
            why, do = f"cannot be had ({error.strerror or error})", f"choose another: {setting}=…"
        raise LaunchError(f"{what}: port {wanted} of {host} {why}; {do}") from error


def ports(host: str, wanted: Mapping[str, tuple[int, str]]) -> list[int]:
    """The ports, given by what they are for, with the setting that names another.

    Raises:
        LaunchError: some cannot be had; each of them is named.
    """
    found, troubles = list[int](), list[str]()
    for what, (number, setting) in wanted.items():
        try:
            found.append(port(what, host, number, setting))
        except LaunchError as error:
            troubles.append(str(error))
    if troubles:
        raise LaunchError("\n".join(troubles))
    return found


def store_url(environ: Mapping[str, str]) -> str | None:
    """The store that the environment names, if it answers; None if none is named.

    Raises:
        LaunchError: it does not answer, or a setting cannot be used.
    """
    try:
        settings = Settings.from_sources(None, environ)
        if settings.redis_url is None:
            return None
        with sync_client(settings, Deadline(STORE_TIMEOUT_S)) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        raise LaunchError(
            f"the store {without_password(settings.redis_url or '')} does not answer ({error}): "
            "start it, or unset PROGRESS_REDIS_URL to run with an embedded one"
        ) from error
    except (SettingsError, ValueError) as error:
        raise LaunchError(str(error)) from error
    return settings.redis_url


def readers_zone(environ: Mapping[str, str]) -> str:
    """The time zone as a setting: that of TZ, else the system's; where it has no IANA name, as in
    TZ=JST-9, its offset of now."""
    name = environ.get("TZ")
    if name is None:
        name = str(LOCALTIME.resolve()).partition("/zoneinfo/")[2]
    with suppress(SettingsError):
        if name:
            return Settings(timezone=name.removeprefix(":")).timezone
    offset = f"{datetime.now().astimezone():%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Makes the folder and keeps it this run's: two runs would write the same logs.

    Raises:
        LaunchError: another run has it, or it cannot be written.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context((folder / "lock").open("w"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LaunchError(
                f"another run uses {folder}: end it, or give --folder another"
            ) from error
        except OSError as error:
            raise LaunchError(
                f"{folder} cannot be written ({error}): give --folder another"
            ) from error
        yield
