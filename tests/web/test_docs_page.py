"""The page that describes the API; with what a browser shows: tests/browser/test_described.py."""

import re
from urllib.parse import urljoin

import pytest
from fastapi import FastAPI

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi


def described(api: RunningApi, path: str) -> object:
    """The title of the description that the page has Swagger UI read."""
    answer = api.http.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    files = re.findall(r'(?:src|href)="(docs/[^"]+)"', answer.text)
    assert len(files) == 3
    texts = [api.http.get(urljoin(path, file)) for file in files]
    assert [text.status_code for text in texts] == [200, 200, 200]
    (url,) = re.findall(r'url: "([^"]+)"', texts[-1].text)
    return api.http.get(urljoin(path, url)).json()["info"]["title"]


def test_it_finds_its_description(api: RunningApi) -> None:
    assert described(api, "/docs") == "progress-backend"


def test_it_finds_it_under_any_prefix(start_api: StartApi, redis_url: str) -> None:
    outer = FastAPI()
    outer.mount("/progress", create_app(Settings(redis_url=redis_url)))
    assert described(start_api(outer), "/progress/docs") == "progress-backend"


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "..%2fpage.py", "nope.js"])
def test_nothing_else_is_served(api: RunningApi, name: str) -> None:
    assert api.http.get(f"/docs/{name}").status_code == 404
