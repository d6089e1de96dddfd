#!/usr/bin/env python3
"""The image's commands. Each replaces this process, so that signals reach it.

api | worker | beat | flower | prices | health | anything else is run as it stands

Before that, `{name}` in an address of the environment becomes the password in /run/secrets/name:
the last word of that file, which may be a line of the server's own configuration. So do the
references of other secrets.
"""

from __future__ import annotations

import os
import re
import sys
import time
from urllib.parse import quote

#: Tells a health check, which is a process of its own, what the container runs.
NAME = "PROGRESS_COMMAND"
#: The file that a worker and beat touch at each of their turns (workers/alive.py), and how old it
#: may be: a worker has a turn each 2 seconds while it has its broker, beat each 10. The container
#: has no other user that could write the file.
ALIVE, ALIVE_FILE, OLDEST_S = "ALIVE_FILE", "/tmp/progress-alive", 60  # nosec B108
SECRETS = "/run/secrets"
#: Where passwords stand in addresses, in which some characters are escaped; and other secrets.
ADDRESSES = ("PROGRESS_REDIS_URL", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND")
REFERENCES = ("PROGRESS_SIGNING_KEYS", "FLOWER_BASIC_AUTH")
CELERY = ("celery", "-A", "workers.app")
# Flower's list leaves out the result, which is where a running task's figures stand.
COLUMNS = "--tasks_columns=name,state,result,received,runtime,worker,uuid"
# The schedule's file lives and dies with the container: the entries come from the code.
SCHEDULE = ("--schedule", "/tmp/celerybeat-schedule", "--max-interval", "10")  # nosec B108
COMMANDS: dict[str, tuple[str, ...]] = {
    "api": ("python3", "-m", "api.app"),
    "worker": (*CELERY, "worker", "--loglevel", "INFO"),
    "beat": (*CELERY, "beat", "--loglevel", "INFO", "--scheduler", "workers.alive:Beat", *SCHEDULE),
    "flower": (*CELERY, "flower", "--address=0.0.0.0", "--port=5555", COLUMNS),
    # A container binds to all of its own interfaces.
    "prices": ("python3", "-m", "workers.price_source", "--host", "0.0.0.0", "--port", "8010"),  # nosec B104
}
#: What a container of each command asks to know whether it is healthy.
CHECKS: dict[str, tuple[str, ...]] = {
    "api": ("python3", "-m", "api.health"),
    "flower": ("python3", "-m", "api.health", "http://127.0.0.1:5555/healthcheck"),
    "prices": ("python3", "-m", "api.health", "http://127.0.0.1:8010/health"),
}


def main(arguments: list[str]) -> None:
    if arguments == ["health"]:
        command = _check()
    elif arguments and arguments[0] in COMMANDS:
        os.environ[NAME] = arguments[0]
        os.environ[ALIVE] = ALIVE_FILE
        command = (*COMMANDS[arguments[0]], *arguments[1:])
    elif arguments:
        # One that was started beside the container's own command is not what is asked about.
        os.environ.setdefault(NAME, arguments[0])
        command = tuple(arguments)
    else:
        sys.exit(f"say what to run: {', '.join(COMMANDS)}")
    # The price source has no store, no broker and no secret; a check asks its own container.
    for name in (*ADDRESSES, *REFERENCES) if arguments[0] not in ("prices", "health") else ():
        if name in os.environ:
            stands = _escaped if name in ADDRESSES else _secret
            os.environ[name] = re.sub(r"\{(\w+)\}", stands, os.environ[name])
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}; this image runs {', '.join(COMMANDS)}")


def _escaped(found: re.Match[str]) -> str:
    return quote(_secret(found), safe="")


def _secret(found: re.Match[str]) -> str:
    """What stands for `{name}`."""
    path = f"{SECRETS}/{found[1]}"
    try:
        with open(path, encoding="utf-8") as file:
            words = file.read().split()
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}: the password of {found[0]} has to be there")
    if not words:
        sys.exit(f"{path} is empty: the password of {found[0]} has to be there")
    return words[-1]


def _check() -> tuple[str, ...]:
    """The check for what the container runs: the first process that was given a command's name.
    That is not always process 1, which may be an init."""
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    name = next(filter(None, map(_name_of, pids)), "")
    if not name:
        sys.exit("not started yet")
    if name in ("worker", "beat"):
        sys.exit(_turns())
    return CHECKS.get(name, ("true",))


def _name_of(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/environ", encoding="utf-8", errors="replace") as file:
            said = file.read().split("\0")
    except OSError:  # it has ended, or is somebody else's
        return ""
    return next((each.partition("=")[2] for each in said if each.startswith(f"{NAME}=")), "")


def _turns() -> str | None:
    """What is wrong with a worker or beat; None if it has had its turn."""
    try:
        age_s = time.time() - os.stat(ALIVE_FILE).st_mtime
    except OSError:
        return "it has had no turn yet"
    return f"its last turn was {age_s:.0f} s ago" if age_s > OLDEST_S else None


if __name__ == "__main__":
    main(sys.argv[1:])
