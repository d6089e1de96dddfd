"""What the page on webhooks says, tried."""

import json
import shlex

from progress_backend.record import webhook_target
from progress_backend.webhooks.post import post
from tests.docs.reading import blocks
from tests.docs.walking import Walk
from tests.ports import free_port
from tests.waiting import eventually
from tests.webhooks.targets import SECRET, receiving, target

PAGE = "docs/webhooks.md"


def test_the_receiver_takes_an_event_once(walk: Walk) -> None:
    (written,) = blocks(PAGE, "What a target receives", "python")
    walk.write(written)
    port = free_port()
    walk.variables |= {"WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    service = walk.start("python receiver.py")
    event = b'{"id":"a~1~2~error","type":"progress.task.error","subject":"a"}'
    url = f"http://127.0.0.1:{port}/"
    eventually(lambda: post(target(url), "a~1~2~error", event).delivered)
    assert post(target(url), "a~1~2~error", event).delivered
    assert eventually(lambda: "progress.task.error a" in service.log)
    assert service.log.count("progress.task.error") == 1
    assert post(target(url, secret="whsec_" + "b" * 44), "a~1~2~error", event).status == 401


def test_the_target_that_is_shown_can_be_used() -> None:
    (shown, event) = blocks(PAGE, language="json")
    (found,) = webhook_target.read(shown.text)
    assert (found.name, found.status, found.warning) == ("ops", ("error",), ("stalled",))
    assert '"progress.task.completed"' in event.text


def test_people_get_a_message_by_apprise(walk: Walk) -> None:
    (written,) = blocks(PAGE, "Mail and chats", "python")
    walk.write(written)
    event = {"type": "progress.task.error", "subject": "4f1"}
    event |= {"data": {"task_type": "fetch_data", "error_message": "HTTPError: 503"}}
    with receiving() as receiver:
        walk.variables["APPRISE_URL"] = receiver.url.replace("http://", "json://")
        bring = "import json, people, sys; people.bring(json.loads(sys.argv[1]))"
        walk.start(shlex.join(["python", "-c", bring, json.dumps(event)]))
        eventually(lambda: receiver.bodies)
    (got,) = map(json.loads, receiver.bodies)
    assert (got["title"], got["message"]) == ("fetch_data: error", "HTTPError: 503\n4f1")
