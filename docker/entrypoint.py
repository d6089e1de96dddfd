"""The image's commands. Each replaces this process, so that signals reach it (PID 1).

api | worker | beat | flower | prices | health | anything else is run as it stands
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: Tells a health check, which is a process of its own, what the container runs.
NAME = "PROGRESS_COMMAND"
CELERY = ("celery", "-A", "workers.app")
# Flower's list leaves out the result, which is where a running task's figures stand.
COLUMNS = "--tasks_columns=name,state,result,received,runtime,worker,uuid"
COMMANDS: dict[str, tuple[str, ...]] = {
    "api": ("python3", "-m", "api.app"),
    "worker": (*CELERY, "worker", "--loglevel", "INFO"),
    # The schedule's file lives and dies with the container: the entries come from the code.
    "beat": (*CELERY, "beat", "--loglevel", "INFO", "--schedule", "/tmp/celerybeat-schedule"),
    "flower": (*CELERY, "flower", "--address=0.0.0.0", "--port=5555", COLUMNS),
    "prices": ("python3", "-m", "workers.price_source", "--host", "0.0.0.0", "--port", "8010"),
}
#: What a container of each command asks to know whether it is healthy.
CHECKS: dict[str, tuple[str, ...]] = {
    "api": ("python3", "-m", "api.health"),
    "worker": (*CELERY, "inspect", "ping", "--timeout", "5", "--destination", "celery@{host}"),
    "flower": ("python3", "-m", "api.health", "http://127.0.0.1:5555/healthcheck"),
    "prices": ("python3", "-m", "api.health", "http://127.0.0.1:8010/health"),
    # Beat answers to nobody: that it is there is all that can be asked.
    "beat": ("true",),
}


def main(arguments: list[str]) -> None:
    if arguments == ["health"]:
        command = _check()
    elif arguments and arguments[0] in COMMANDS:
        os.environ[NAME] = arguments[0]
        command = (*COMMANDS[arguments[0]], *arguments[1:])
    elif arguments:
        os.environ[NAME] = arguments[0]
        command = tuple(arguments)
    else:
        sys.exit(f"say what to run: {', '.join(COMMANDS)}")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}; this image runs {', '.join(COMMANDS)}")


def _check() -> tuple[str, ...]:
    """The check for what the container's first process is: it was given the command's name."""
    environ = Path("/proc/1/environ").read_bytes().decode(errors="replace").split("\0")
    name = next((v.partition("=")[2] for v in environ if v.startswith(f"{NAME}=")), "")
    if not name:
        sys.exit("not started yet")
    return tuple(word.format(host=os.uname().nodename) for word in CHECKS.get(name, ("true",)))


if __name__ == "__main__":
    main(sys.argv[1:])
