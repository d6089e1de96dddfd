"""A container's health check: python -m api.health [URL]; exit code 0 if the service is healthy."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request

#: The library's default, written out: importing it would cost each check a second of work.
PORT = 8004
#: Longest wait for each part of the answer, in seconds.
TIMEOUT_S = 5.0


def check(url: str) -> tuple[bool, str]:
    """Whether the service at the URL is healthy, and its answer or the error as text."""
    # A proxy of the environment has no business between a container and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_S) as answer:
            return True, _text(answer.read(4096))
    except urllib.error.HTTPError as error:
        with error:
            return False, f"{error.code} {_text(error.read(4096))}"
    except (OSError, ValueError) as error:
        return False, f"{url} does not answer: {error}"


def main() -> int:
    """Prints the answer of the service; returns the exit code."""
    port = os.environ.get("API_PORT") or PORT
    default = f"http://127.0.0.1:{port}/internal/health"
    healthy, answer = check(sys.argv[1] if len(sys.argv) > 1 else default)
    sys.stdout.write(f"{answer}\n")
    return 0 if healthy else 1


def _text(body: bytes) -> str:
    return body.decode(errors="replace").strip()


if __name__ == "__main__":
    sys.exit(main())
