"""The default texts, and what a watcher is sent, from the code and from an example record.
`python -m docs.make_texts` writes the texts, and those of the terminal that the page has, too, as
the page's modules."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, get_args

from progress_backend.record import messages
from progress_backend.record.default_texts import LOCALES, TEXTS, text
from progress_backend.record.fields import Status
from progress_backend.record.model import KINDS, Task
from progress_backend.record.task_json import COMPUTED, stored_of
from progress_backend.terminal import texts as terminal
from progress_backend.web.openapi import examples

from .tables import markdown

ROOT: Final = Path(__file__).resolve().parent.parent
SCRIPTS: Final = ROOT / "progress_backend" / "web" / "scripts"
#: The terminal's labels that the page has, too.
_LABELS: Final = (
    *("status", "progress", "error", "owner", "worker", "results", "details", "links"),
    *("metadata", "workflow"),
)
_CREATED: Final = datetime.fromisoformat("2024-01-15T10:30:00+09:00")
_BLANKS: Final = {
    "current": 150,
    "total": 252,
    "worker": "celery@host",
    "reason": "OperationalError: …",
    "name": "shop.fetch",
    "time": "14:05",
    "number": 2,
    "limit": 5,
    "seconds": 4,
    "lost": 2,
    "since": "14:02",
    "waiting": 3,
}
#: Key of a text -> when it is used.
_WHEN: Final = {
    "progressed": "`update()` without a message",
    "progressed_unknown_total": "the same, if the total is not known",
    "completed": "status `completed`",
    "failed": "status `error`",
    "cancelled": "status `cancelled`",
    "failed_until": "error, while the broker may deliver the message again",
    "worker_lost_until": "the same, if the cause is `lost` or `worker_lost`",
    "started_after_loss": "running again, after one run lost its process",
    "started_after_losses": "running again, after several runs lost their processes",
    "lost": "error, cause `lost`",
    "run_missing": "error, cause `lost`, but the worker is alive",
    "not_redelivered": "error, cause `lost`, because the message was not delivered again",
    "not_published": "error, cause `not_published`",
    "revoked": "cancelled by Celery's revoke",
    "expired": "cancelled because its `expires` passed",
    "unknown_task": "error, cause `unknown_task`",
    "upstream": "error, cause `upstream`",
    "never_published": "error, cause `never_published`",
    "members": "a workflow",
    "member_waits": "a workflow without an update for long, if one task waits",
    "members_wait": "the same, if several tasks wait",
    "retry": "a retry; `retry_of` adds `max_retries`",
    "retry_in": "a retry within a minute; `retry_in_of` adds `max_retries`",
    "retry_at": "a later retry; `retry_at_of` adds `max_retries`",
}


def table() -> str:
    """Every default text, in each language."""
    rows = [
        (f"`{key}`", when, *(text(locale, key, **_BLANKS) for locale in LOCALES))
        for key, when in _WHEN.items()
    ]
    return markdown(("Code", "When", "`ja`", "`en`"), rows)


def message() -> str:
    """A WebSocket message, made from a record like the specification's."""
    task = Task(
        examples.TASK_ID,
        "fetch_data",
        252,
        "7203.T",
        current_items=150,
        status="running",
        message=examples.UPDATE["message"],
        created_at=_CREATED,
        started_at=_CREATED,
        updated_at=_CREATED + timedelta(seconds=30),
        processing_details=examples.UPDATE["details"],
        rate=10.0,
        revision=17,
    )
    made = json.loads(messages.update_message(stored_of(task), "progress_update"))
    return f"```json\n{json.dumps(made, ensure_ascii=False, indent=2)}\n```"


def module() -> str:
    """The module's text: a page fills the blanks of these as a terminal does, and tells computed
    details from a job's own by the same forms. Each name stands once, since the element has to be
    small."""
    pairs = {name: [TEXTS["en"][name], TEXTS["ja"][name]] for name in TEXTS["en"]}
    made = json.dumps(pairs, ensure_ascii=False, indent=2)
    forms = {name: form.pattern.replace("/", r"\/") for name, form in COMPUTED.items()}
    computed = "".join(f"  {name}: /^{form}$/,\n" for name, form in forms.items())
    return (
        f'import {{ inEach }} from "./words.js";\n\nexport const TEXTS = inEach({{}}, {made});\n\n'
        f"export const COMPUTED = {{\n{computed}}};\n"
    )


def shared() -> str:
    """The module with the words that page and terminal have alike."""
    states = {name: _pair(f"is_{name}") for name in get_args(Status)}
    requests = {name: _pair(f"{name}_waits") for name in ("pause", "cancel", "end")}
    groups = {
        "STATES": {**states, "asked": requests},
        "WARNINGS": {name: _pair(f"is_{name}") for name in KINDS},
        "HAPPENED": {name[6:]: _pair(name) for name in terminal.TEXTS if name[:6] == "event_"},
        "CAUSES": {name[6:]: its for name, its in terminal.TEXTS.items() if name[:6] == "stack_"},
        "LABELS": {name: _pair(name) for name in _LABELS},
    }
    made = {name: json.dumps(one, ensure_ascii=False, indent=2) for name, one in groups.items()}
    return "\n".join(f"export const {name} = {one};\n" for name, one in made.items())


def _pair(key: str) -> tuple[str, str]:
    """A text of the terminal, with a capital letter, as the page shows it."""
    english, japanese = terminal.TEXTS[key]
    return english[0].upper() + english[1:], japanese


#: The modules by their names.
MODULES: Final = {"texts.js": module, "shared_words.js": shared}

if __name__ == "__main__":
    for name, its in MODULES.items():
        (SCRIPTS / name).write_text(its(), "utf-8")
