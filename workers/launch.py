"""Everything on one machine without any set-up: python -m workers.launch run|demo.

A store (an embedded one unless PROGRESS_REDIS_URL names another), the price source, a worker, beat,
the API and Flower, real jobs, and live bars in the terminal. However this process ends, all that it
started ends.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

#: What the parts are made of; only rich may be missing: then the terminal gets plain lines.
PACKAGES = ("celery", "redis", "fastapi", "uvicorn", "flower", "httpx", "sqlalchemy")
ROOT = Path(__file__).resolve().parent.parent


class Signalled(BaseException):
    """Raised at SIGTERM or SIGHUP; like KeyboardInterrupt, nothing should catch it."""


def arguments() -> argparse.Namespace:
    """The options of the command line and the environment."""
    parser = argparse.ArgumentParser(
        prog="workers.launch", description="Store, worker, beat, API, Flower and jobs in one go."
    )
    parser.add_argument("mode", choices=["run", "demo"], help="run stays up; demo ends by itself")
    parser.add_argument(
        "--host",
        default=os.environ.get("API_HOST") or "127.0.0.1",
        help="address of API and Flower (default: API_HOST, else 127.0.0.1)",
    )
    for flag, name, default in (
        ("--port", "API_PORT", "8004"),
        ("--flower-port", "FLOWER_PORT", "5555"),
    ):
        parser.add_argument(
            flag,
            type=_port,
            default=os.environ.get(name) or default,
            help=f"default: {name}, else {default}; 0: any free one",
        )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".run", help="for logs and prices (default: .run)"
    )
    parser.add_argument(
        "--delay-ms", type=int, default=300, help="what the price source lets each page wait"
    )
    parser.set_defaults(root=ROOT)
    return parser.parse_args()


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port; give 0 to 65535")


def main() -> int:
    """Runs until Ctrl-C, or until the demo's jobs have ended; the exit code."""
    given = arguments()
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        return refused(f"{names} not installed for {sys.executable}: use `make {given.mode}`")
    from .launch_fleet import LaunchError
    from .launch_run import launch

    def received(number: int, _: FrameType | None) -> None:
        raise Signalled(signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, received)
    try:
        return launch(given)
    except LaunchError as error:
        return refused(str(error))
    except (KeyboardInterrupt, Signalled):
        return 0 if given.mode == "run" else 130


def refused(why: str) -> int:
    """Prints the reason why nothing was started; returns the exit code."""
    print(f"progress-backend: {why}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
