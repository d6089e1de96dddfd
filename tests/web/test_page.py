"""How the live page is served; tests/browser looks at what it does."""

import re

import httpx
import pytest
from fastapi import FastAPI

from docs import make_texts
from progress_backend.settings import Settings
from progress_backend.web import page_router, router
from progress_backend.web.page import ELEMENT, LIST_ELEMENT
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

FILES = ["page.css", "page.js"]


def test_the_page_and_its_files(api: RunningApi) -> None:
    answer = api.http.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for name in FILES:
        assert f"static/{name}" in answer.text
        file = api.http.get(f"/static/{name}")
        kind = "css" if name.endswith(".css") else "javascript"
        assert (file.status_code, kind in file.headers["content-type"]) == (200, True)
        tag = {"If-None-Match": file.headers["etag"]}
        assert api.http.get(f"/static/{name}", headers=tag).status_code == 304


@pytest.mark.parametrize("name", ["page.css", "page.js", "task-progress.js"])
def test_a_file_is_gzipped_for_who_accepts_that(api: RunningApi, name: str) -> None:
    plain, packed = (
        api.http.get(f"/static/{name}", headers={"Accept-Encoding": encoding})
        for encoding in ("identity, gzip;q=0.0", "gzip")
    )
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content  # the client has unpacked it
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    for header in ("content-type", "content-security-policy", "vary", "cache-control"):
        assert packed.headers[header] == plain.headers[header]
    for tag in (plain.headers["etag"], packed.headers["etag"]):
        again = api.http.get(f"/static/{name}", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("path", "up"),
    [
        ("/task/job", "../"),
        ("/workflow/job", "../"),
        ("/task/a/b", "../../"),
        ("/task/a%2Fb", "../"),
        ("/task/%3Cscript%3E%22", "../"),
    ],
)
def test_the_page_of_a_record_has_nothing_of_it(api: RunningApi, path: str, up: str) -> None:
    answer = api.http.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'src="{up}static/record.js"' in answer.text
    assert answer.text.count("<script") == 1
    address = httpx.URL(f"http://x{path}").join(f"{up}static/record.js")
    assert api.http.get(address.raw_path.decode()).status_code == 200


def test_the_texts_of_the_page_are_those_of_a_terminal() -> None:
    for name, made in make_texts.MODULES.items():
        assert (make_texts.SCRIPTS / name).read_text("utf-8") == made(), "make scripts"


@pytest.mark.parametrize("path", ["/", "/task/job", "/static/page.js"])
def test_nothing_of_others_may_run_in_it(api: RunningApi, path: str) -> None:
    headers = api.http.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["style-src"] == policy["connect-src"] == "'self'"
    # The one line of the live page itself, and by its text alone.
    line = " 'sha256-[^' ]+'" if path == "/" else ""
    assert re.fullmatch(f"'self'{line}", policy["script-src"])
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["index.html", "nope.js", "..%2f..%2fpage.py", "%2e%2e/page.js", "", ".css"]
)
def test_nothing_else_is_served(api: RunningApi, name: str) -> None:
    assert api.http.get(f"/static/{name}").status_code == 404


def test_an_unknown_address_is_a_page_that_leads_back(api: RunningApi) -> None:
    browser = {"Accept": "text/html,*/*", "Accept-Language": "ja,en;q=0.5"}
    answer = api.http.get("/tasks/of/mine", headers=browser)
    assert answer.status_code == 404
    assert '<html lang="ja">' in answer.text
    assert 'href="../../">← タスク一覧</a>' in answer.text
    assert "{{" not in answer.text
    program = api.http.get("/tasks/of/mine")
    assert (program.status_code, program.json()) == (404, {"detail": "Not Found"})


def test_under_a_prefix_of_ones_own(start_api: StartApi, redis_url: str) -> None:
    own = FastAPI()
    own.state.progress_settings = Settings(redis_url=redis_url)
    for part in (router, page_router):
        own.include_router(part, prefix="/progress")
    api = start_api(own)
    assert api.http.get("/progress", follow_redirects=True).url.path == "/progress/"
    assert api.http.get("/progress/static/page.js").status_code == 200
    assert api.http.get("/progress/internal/tasks").status_code == 200


def test_pages_of_any_origin_may_load_the_element(api: RunningApi) -> None:
    origin = {"Origin": "https://shop.example"}
    for encoding in ("identity", "gzip"):
        asked = {**origin, "Accept-Encoding": encoding}
        headers = api.http.get(f"/static/{ELEMENT}", headers=asked).headers
        assert headers.get_list("access-control-allow-origin") == ["*"]
        assert headers["cross-origin-resource-policy"] == "cross-origin"
    for path in ("/", "/static/page.js"):
        assert "access-control-allow-origin" not in api.http.get(path, headers=origin).headers


def test_an_origin_that_is_named_gets_one_answer(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, allowed_origins=("https://shop.example",))
    origin = {"Origin": "https://shop.example"}
    for path, allowed in ((f"/static/{ELEMENT}", "*"), ("/internal/tasks", origin["Origin"])):
        headers = api.http.get(path, headers=origin).headers
        assert headers.get_list("access-control-allow-origin") == [allowed]


def test_the_element_is_one_small_module(api: RunningApi) -> None:
    answer = api.http.get(f"/static/{ELEMENT}", headers={"Accept-Encoding": "gzip"})
    assert int(answer.headers["content-length"]) <= 9_700  # as it is sent, all of it
    assert not re.search(r"\bimport\b(?!\.meta)", answer.text)
    (exported,) = re.findall(r"\bexport\b.*", answer.text)
    names = re.findall(r"(\w+)[,}]", exported)
    of_list = ["WORDS", "baseOf", "inEach", "language", "moment", "reconnecting", "refusalOf"]
    assert sorted(names) == ["TaskProgress", *of_list, "watchOnLine"]


def test_the_list_loads_the_element_and_is_smaller(api: RunningApi) -> None:
    headers = {"Accept-Encoding": "gzip", "Origin": "https://shop.example"}
    answer = api.http.get(f"/static/{LIST_ELEMENT}", headers=headers)
    assert int(answer.headers["content-length"]) <= 2_900
    assert answer.headers["access-control-allow-origin"] == "*"
    assert re.findall(r'\bfrom"(.*?)"', answer.text) == [f"./{ELEMENT}"]
