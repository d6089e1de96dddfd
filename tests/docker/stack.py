"""The compose file, brought up under a name of its own on free ports."""

import os
import shutil
import subprocess
import tempfile
import uuid
import weakref
from pathlib import Path
from typing import Any

import httpx

from tests.docker.engine import IMAGE, docker, tried
from tests.ports import free_port
from tests.servers import ROOT

FILE = ROOT / "docker" / "compose.yaml"
SERVICES = ("api", "beat", "flower", "prices", "redis", "worker")
READY_S = 240
#: The files of its secrets.
LINES = {
    "redis": "requirepass {}",
    "rabbitmq": "default_pass = {}",
    "flower": "progress:{}",
    "signing": "{}",
}


class Stack:
    """One project of compose; `down` ends it and all that is its own."""

    def __init__(self, *profiles: str, **settings: str) -> None:
        self.name = f"progress-test-{uuid.uuid4().hex[:8]}"
        self._options = [word for profile in profiles for word in ("--profile", profile)]
        api, flower = free_port(), free_port()
        # Readable for whatever user a container runs as, in a folder for this user alone.
        self.secrets = tempfile.mkdtemp(prefix="secrets-")
        weakref.finalize(self, shutil.rmtree, self.secrets, ignore_errors=True)
        for name, line in LINES.items():
            file = Path(self.secrets, name)
            file.write_text(f"{line.format(uuid.uuid4().hex)}\n", encoding="utf-8")
            file.chmod(0o644)
        for name in ("tokens", "webhooks"):
            Path(self.secrets, name).mkdir()
        self.api = f"http://127.0.0.1:{api}"
        self.flower = f"http://127.0.0.1:{flower}"
        self._env = {
            # What the shell of whoever runs the tests says is not for these containers.
            **{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "DOCKER_HOST")},
            "PROGRESS_TAG": IMAGE.rpartition(":")[2],
            "API_PUBLISH": f"127.0.0.1:{api}",
            "FLOWER_PUBLISH": f"127.0.0.1:{flower}",
            "WORKER_CONCURRENCY": "1",
            "SECRETS_DIR": self.secrets,
            **settings,
        }

    def compose(self, *args: str, timeout: float = 180) -> str:
        return docker(*self._command(args), timeout=timeout, env=self._env)

    def tried(self, *args: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        return tried(*self._command(args), timeout=timeout, env=self._env)

    def up(self, *args: str) -> None:
        """Starts what is named, or all, and waits until it is healthy."""
        bounded = ("--wait", "--wait-timeout", str(READY_S))
        self.compose("up", "--detach", "--no-build", *bounded, *args, timeout=READY_S + 60)

    def container(self, service: str) -> str:
        """The id of the service's container; it must be there."""
        (found,) = self.compose("ps", "--quiet", service).split()
        return found

    @staticmethod
    def exit_code(container: str) -> int:
        return int(docker("inspect", "--format", "{{.State.ExitCode}}", container))

    def healthy(self) -> set[str]:
        """The services that say of themselves that they are healthy."""
        found = self.compose("ps", "--format", "{{.Service}} {{.Health}}").splitlines()
        return {line.split()[0] for line in found if line.endswith(" healthy")}

    def secret(self, name: str) -> str:
        """The password in one of its secrets."""
        return Path(self.secrets, name).read_text(encoding="utf-8").split()[-1]

    def exec(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        return self.tried("exec", "-T", service, *command)

    def call(self, *args: str) -> str:
        """Publishes a job as a person would, from the worker's container; its id."""
        call = ("with-secrets", "celery", "-A", "workers.app", "call")
        return self.compose("exec", "-T", "worker", *call, *args).split()[-1]

    def task(self, task_id: str) -> dict[str, Any]:
        """The record, as the API sends it over HTTP; {} while there is none or no API."""
        try:
            answer = httpx.get(f"{self.api}/internal/task/{task_id}/status", trust_env=False)
        except httpx.TransportError:
            return {}  # the API is being replaced
        assert answer.status_code in (200, 404), answer.text
        return dict(answer.json()) if answer.status_code == 200 else {}

    def remains(self) -> list[str]:
        """What of it the engine still has."""
        label = f"label=com.docker.compose.project={self.name}"
        return [
            f"{kind} {name}"
            for kind, listing in (
                ("container", ("ps", "--all")),
                ("network", ("network", "ls")),
                ("volume", ("volume", "ls")),
            )
            for name in docker(*listing, "--quiet", "--filter", label).split()
        ]

    def down(self) -> None:
        # The profile too, or its containers would stay.
        self.compose("--profile", "*", "down", "--volumes", "--timeout", "20")

    def _command(self, args: tuple[str, ...]) -> list[str]:
        return ["compose", "-f", str(FILE), "-p", self.name, *self._options, *args]
