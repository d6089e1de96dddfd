"""The page for containers, followed from its first command to its last."""

from collections.abc import Iterator

import pytest

from tests.docker.engine import tried
from tests.docker.stack import SERVICES, Stack
from tests.docker.test_compose import ended
from tests.docs.reading import Block, blocks
from tests.servers import ran

pytestmark = [pytest.mark.docker, pytest.mark.slow]
DOCUMENT = "docs/docker.md"
#: The image that the page's own `docker build` names.
IMAGE = "progress-backend"


class Reader(Stack):
    """Types the page's commands; the shell says which project they are about, and which ports."""

    def follow(self, block: Block) -> list[str]:
        """What each of its commands printed."""
        commands = block.text.replace("\\\n", " ").splitlines()
        return [self._typed(command, str(block)) for command in commands]

    def _typed(self, command: str, where: str) -> str:
        # Its folder for the secrets is not this working tree's.
        command = command.replace("docker/secrets", self.secrets)
        done = ran(["bash", "-c", command], env={**self._env, "COMPOSE_PROJECT_NAME": self.name})
        assert done.returncode == 0, f"{where}: {command}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def reader(image: str) -> Iterator[Reader]:
    reader = Reader("rabbitmq")
    built = not tried("image", "inspect", IMAGE).returncode
    try:
        yield reader
    finally:
        reader.down()
        tried("image", "rm", "progress-backend:next")
        if not built:
            tried("image", "rm", IMAGE)


def section(name: str) -> list[Block]:
    found = blocks(DOCUMENT, name, "sh")
    assert found, name
    return found


def test_it_can_be_followed(reader: Reader) -> None:
    secrets, up, down = section("Start")
    (image,) = section("The image")
    up_rabbitmq, down_rabbitmq = section("RabbitMQ as the broker")
    renewed, back = section("Upgrade while jobs run")
    followed = [secrets, up, down, image, up_rabbitmq, down_rabbitmq, renewed, back]
    assert len(followed) == len(blocks(DOCUMENT, language="sh")), "a block that no test follows"

    *_, version = reader.follow(image)
    assert version.startswith("5.")

    reader.follow(secrets)
    *_, task_id = reader.follow(up)
    assert reader.healthy() == set(SERVICES)
    assert ended(reader, task_id.strip())["status"] == "completed"
    old = reader.container("worker")
    reader.follow(renewed)
    new = reader.container("worker")
    assert new != old
    reader.follow(back)
    assert reader.container("worker") != new
    assert reader.healthy() == set(SERVICES)
    reader.follow(down)
    assert reader.remains() == []

    reader.follow(up_rabbitmq)
    assert reader.healthy() == {"rabbitmq", *SERVICES}
    task_id = reader.call("fetch_data", "--args", '["IBM", "1mo"]')
    assert ended(reader, task_id)["status"] == "completed"
    queues = reader.exec("rabbitmq", "rabbitmqctl", "--quiet", "list_queues", "name").stdout
    assert "celery" in queues.split(), queues
    reader.follow(down_rabbitmq)
    assert {kept.split()[0] for kept in reader.remains()} == {"volume"}
