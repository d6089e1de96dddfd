"""The terminal as a client of an API that asks for tokens; it knows no store."""

import json
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from click.testing import CliRunner, Result

from progress_backend.cli import main
from progress_backend.credentials import tokens
from progress_backend.terminal import api_client
from tests.answering import answering
from tests.cli.conftest import Run
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

READ, WRITE = tokens.new("reader", "read"), tokens.new("writer", "write")


@pytest.fixture
def records(records: Records) -> Records:
    records.start("job-one")
    records.create("job-two")
    records.member("member", "the-workflow")
    return records


@pytest.fixture
def api(records: Records, start_api: StartApi) -> RunningApi:
    lines = tuple(token.line() for _, token in (READ, WRITE))
    return start_api(redis_url=records.settings.redis_url, tokens=lines, locale="en")


@pytest.fixture
def run(api: RunningApi) -> Run:
    def call(*args: str, token: str | None = WRITE[0]) -> Result:
        env = {"PROGRESS_LOCALE": "en", "PROGRESS_REDIS_URL": "", "PROGRESS_TOKEN": token}
        url = f"http://127.0.0.1:{api.port}"
        return CliRunner().invoke(main, [*args, "--url", url], env=env)

    return call


def test_tasks_are_listed_and_shown(run: Run, api: RunningApi, records: Records) -> None:
    listed = run("tasks", "--type", "fetch_data")
    assert listed.exit_code == 0, listed.output
    assert "job-one" in listed.stdout
    assert f"http://127.0.0.1:{api.port}" in listed.stdout
    bodies = json.loads(run("tasks", "--json", "--status", "running").stdout)
    assert [body["task_id"] for body in bodies["tasks"]] == ["job-one"]
    assert bodies["summary"]["running"] == 1
    assert "job-one" in run("show", "job-on").stdout
    assert json.loads(run("show", "job-one", "--json").stdout)["status"] == "running"
    assert "the-workflow" in run("tasks", "--top").stdout
    records.start("job-one-more")
    ambiguous = run("show", "job-on")
    assert (ambiguous.exit_code, "2 task ids start with" in ambiguous.output) == (1, True)
    unknown = run("show", "nobody")
    assert (
        unknown.output
        == "Error: Task nobody not found (the command tasks lists what is recorded)\n"
    )


@pytest.mark.parametrize(
    ("token", "args", "says"),
    [
        (None, ["tasks"], "requires a token (--token, PROGRESS_TOKEN): send a token"),
        ("pb_wrong", ["show", "job-one"], "requires a token (--token, PROGRESS_TOKEN): this"),
        ("READ", ["cancel", "job-one"], "does not allow it: this token only permits to read"),
        (None, ["workers"], "requires a token"),
        (None, ["watch", "job-one"], "requires a token"),
        ("schlüssel", ["tasks"], "the token has characters that cannot be sent"),
    ],
)
def test_a_refusal_is_printed_in_one_line(
    run: Run, records: Records, token: str | None, args: list[str], says: str
) -> None:
    done = run(*args, token=READ[0] if token == "READ" else token)
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert says in done.output
    assert done.output.count("\n") == 1
    assert records.get("job-one").status == "running"


def test_an_option_names_the_token_too(run: Run) -> None:
    assert run("tasks", "--token", READ[0], token=None).exit_code == 0


def begin(answer: BaseHTTPRequestHandler, code: int, **headers: str) -> None:
    answer.send_response(code)
    for name, value in headers.items():
        answer.send_header(name.replace("_", "-"), value)
    answer.end_headers()


def test_a_server_that_is_no_api_is_one_line() -> None:
    """Such as a proxy that answers with its log-in page."""

    def log_in(answer: BaseHTTPRequestHandler) -> None:
        begin(answer, 200, Content_Type="text/html; charset=utf-8")
        answer.wfile.write(b"<!doctype html><title>Log in</title>")

    with answering(GET=log_in) as url:
        for words in (("tasks",), ("workers",), ("logs", "job-one")):
            result = CliRunner().invoke(main, [*words, "--url", url])
            assert result.exit_code == 1, result.output
            assert result.output == f"Error: {url} is not an API: it responds with text/html\n"


@pytest.mark.parametrize("body", ["404 page not found", '{"detail":"Not Found"}'])
def test_a_404_of_another_server_is_no_missing_record(body: str) -> None:
    """Such as a proxy's while the API restarts, or an address without the API's prefix."""

    def missing(answer: BaseHTTPRequestHandler) -> None:
        kind = "application/json" if body.startswith("{") else "text/plain"
        begin(answer, 404, Content_Type=kind)
        answer.wfile.write(body.encode())

    with answering(GET=missing) as url:
        for words in (("show", "job"), ("logs", "job")):
            result = CliRunner().invoke(main, [*words, "--url", url])
            assert result.exit_code == 1, result.output
            assert result.output == f"Error: {url} is not an API of this version\n"


def test_a_redirect_takes_the_token_to_no_other_server() -> None:
    asked = list[tuple[str, str | None]]()

    def found(answer: BaseHTTPRequestHandler) -> None:
        asked.append((answer.path, answer.headers["Authorization"]))
        begin(answer, 200, Content_Type="text/html")

    def moved(answer: BaseHTTPRequestHandler) -> None:
        if answer.path == "/login":
            return found(answer)
        return begin(answer, 302, Location=("/login" if within else f"{other}/login?next=a"))

    with answering(GET=found) as other, answering(GET=moved) as url:
        for within in (False, True):
            words = ["workers", "--url", url, "--token", "secret"]
            result = CliRunner().invoke(main, words)
            assert result.exit_code == 1, result.output
            says = "is not an API" if within else f"redirects to {other}, which gets no request: "
            assert result.output.startswith(f"Error: {url} {says}")
            assert asked == [("/login", "Bearer secret")] * within, "of its own server alone"


def test_a_refusal_with_a_broken_body_is_one_line() -> None:
    def broken(answer: BaseHTTPRequestHandler) -> None:
        begin(answer, 503, Transfer_Encoding="chunked")
        answer.wfile.write(b"no chunk\r\n")

    with answering(GET=broken) as url:
        result = CliRunner().invoke(main, ["workers", "--url", url])
        assert (result.exit_code, result.output) == (1, f"Error: {url} answers 503: \n")


def test_an_answer_that_takes_too_long_is_read_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_client, "_WHOLE_S", 0.0)
    cut = threading.Event()

    def endless(answer: BaseHTTPRequestHandler) -> None:
        begin(answer, 200, Content_Type="application/json")
        try:
            for _ in range(1_000):  # more than the sockets hold, less than a body may have
                answer.wfile.write(b" " * 60_000)
        except OSError:
            cut.set()

    with answering(GET=endless) as url:
        result = CliRunner().invoke(main, ["workers", "--url", url])
        assert result.exit_code == 1, result.output
        assert "does not answer: its answer takes more than 0 s" in result.output
        assert cut.wait(60)
