"""A Django site of one file; the API is a process of its own, and PROGRESS_URL its address."""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.template import engines
from django.urls import path
from tasks import export

settings.configure(
    DEBUG=True,
    SECRET_KEY="only for this example",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["progress_backend.django"],
    PROGRESS_URL=os.environ.get("API_URL", "http://127.0.0.1:8004"),
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
)

PAGE = """<!doctype html>
{% load progress %}
<html lang="en"><meta charset="utf-8"><title>Export</title>
<link rel="icon" href="data:,">
<form method="post"><button>Export</button></form>
{% if task_id %}{% task_progress task_id %}{% endif %} <output></output>
<script>
addEventListener("end", ({ detail }) => { document.querySelector("output").value = detail.status; });
</script></html>"""


def page(request):
    task_id = export.delay("Django").id if request.method == "POST" else None
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render({"task_id": task_id}, request))


urlpatterns = [path("", page)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
