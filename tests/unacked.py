"""Messages of Celery's Redis transport that come again while their worker has them, or is dead."""

import redis


def deliver_again(broker: redis.Redis, task_id: str) -> None:
    """Has the broker deliver a task's message again, as if its visibility timeout had passed; if no
    worker has it, it is in its queue."""
    held = [tag for tag, text in broker.hgetall("unacked").items() if task_id in str(text)]
    if held:
        broker.zadd("unacked_index", dict.fromkeys(held, 1.0))
