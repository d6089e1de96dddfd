"""The template tag of Django and the Jinja macro, as Django, Flask and FastAPI render them."""

import subprocess
import sys

import pytest
from flask import Flask, render_template_string
from jinja2 import ChoiceLoader, DictLoader, Environment, PackageLoader

EVIL = '"><script>alert(1)</script>'
DJANGO = """
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["progress_backend.django"], PROGRESS_URL="https://api.example/progress/",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
)
django.setup()
import sys
from django.template import engines
template = engines["django"].from_string("{% load progress %}" + sys.argv[1])
print(template.render({"id": sys.argv[2]}))
"""
SCRIPT = (
    '<script type="module" src="https://api.example/progress/static/task-progress.js"></script>'
)


def django(tag: str, its_id: str = "job") -> str:
    """In a process of its own: Django's settings are for good."""
    asked = [sys.executable, "-c", DJANGO, tag, its_id]
    done = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=300)
    return done.stdout.strip()


def jinja(call: str, its_id: str = "job") -> str:
    """As FastAPI's Jinja2Templates renders it."""
    page = '{% from "task_progress.html" import task_progress %}{{ ' + call + " }}"
    loader = ChoiceLoader([DictLoader({"page.html": page}), PackageLoader("progress_backend")])
    made = Environment(loader=loader, autoescape=True).get_template("page.html")
    base = "https://api.example/progress/"
    return made.render(id=its_id, base=base).replace("\n", "")


def test_a_task() -> None:
    expected = f'{SCRIPT}<task-progress task-id="job"></task-progress>'
    assert django("{% task_progress id %}") == expected
    assert jinja("task_progress(id, base=base)") == expected


def test_a_workflow_with_all_that_there_is() -> None:
    expected = (
        f'{SCRIPT}<task-progress workflow-id="job" token="t.x" lang="ja" cancellable>'
        "</task-progress>"
    )
    asked = 'workflow_id=id{0} token="t.x"{0} lang="ja"{0} cancellable=True'
    assert django("{% task_progress " + asked.format("") + " %}") == expected
    assert jinja(f"task_progress({asked.format(',')}, base=base)") == expected


@pytest.mark.parametrize("render", [django, jinja])
def test_an_id_is_a_text(render: object) -> None:
    tag = "{% task_progress id %}" if render is django else "task_progress(id)"
    made = render(tag, EVIL)  # type: ignore[operator]
    assert "<script>alert" not in made
    assert "&quot;&gt;&lt;script&gt;" in made or "&#34;&gt;&lt;script&gt;" in made


def test_flask_finds_the_macro() -> None:
    app = Flask(__name__)
    app.jinja_loader = ChoiceLoader([PackageLoader("progress_backend")])
    with app.app_context():
        made = render_template_string(
            '{% from "task_progress.html" import task_progress %}{{ task_progress("job") }}'
        )
    assert '<task-progress task-id="job"></task-progress>' in made
    assert 'src="/static/task-progress.js"' in made
