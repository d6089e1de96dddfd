"""`{% load progress %}{% task_progress task_id %}`: the element and its script, in a template."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag  # type: ignore[untyped-decorator]  # Django ships no types
def task_progress(
    task_id: object = None,
    *,
    workflow_id: object = None,
    base: str | None = None,
    token: str | None = None,
    lang: str | None = None,
    cancellable: bool = False,
) -> SafeString:
    """The live bar of a task or workflow.

    Args:
        task_id: the task's id, as text or UUID.
        workflow_id: the workflow's id, in place of a task's.
        base: the API's address; without it PROGRESS_URL of Django's settings, else "/".
        token: a share token for it.
        lang: "ja" or "en"; without it that of the page.
        cancellable: whether a cancel is offered.
    """
    address = base or getattr(settings, "PROGRESS_URL", "/")
    given = {"task-id": task_id, "workflow-id": workflow_id, "token": token, "lang": lang}
    attributes = format_html_join("", ' {}="{}"', ((k, v) for k, v in given.items() if v))
    return format_html(
        '<script type="module" src="{}/static/task-progress.js"></script>'
        "<task-progress{}{}></task-progress>",
        str(address).rstrip("/"),
        attributes,
        " cancellable" if cancellable else "",
    )
