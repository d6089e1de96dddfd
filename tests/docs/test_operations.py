"""What the pages for operators say, tried."""

import contextlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import yaml
from click.testing import CliRunner

from docs import tables
from progress_backend import Settings
from progress_backend.cli import main
from progress_backend.credentials import tokens
from progress_backend.credentials.share_tokens import ShareTokens
from progress_backend.operations.call import Layout
from progress_backend.store.bounded_connection import Deadline
from progress_backend.store.connection import sync_client
from progress_backend.tracking.decorator import marking_of
from progress_backend.tracking.identity import identity_of
from progress_backend.web.server.serve import OPTIONS
from tests.conftest import missing, unhijacked
from tests.docs.reading import anchors, blocks, text_of
from tests.docs.test_nginx import nginx
from tests.docs.walking import PROGRAMS, Walk
from tests.records import Records
from tests.servers import ROOT, ran
from tests.waiting import eventually
from tests.web.conftest import StartApi, start_api
from tests.webhooks.targets import spec

__all__ = ["start_api"]

DEPLOY = "docs/deploy.md"
ACCESS = "docs/access.md"
REDIS = "docs/redis.md"


@pytest.mark.integration
def test_the_api_alone(walk: Walk) -> None:
    walk.follow(blocks(DEPLOY, "What runs"))
    assert walk.http.get("/internal/health").status_code == 200


@pytest.mark.integration
def test_several_processes_of_the_service(walk: Walk) -> None:
    (shown,) = blocks(DEPLOY, "What runs", "text")
    walk.variables["PROGRESS_REDIS_URL"] = f"redis://{walk.redis}/0"
    walk.start(f"{shown.text.strip()} --port {walk.port}")

    def alive() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return walk.http.get("/internal/health/live").is_success
        return False

    eventually(alive, what="the service answers")


@pytest.mark.wide
def test_secrets_are_masked_by_the_list_and_by_a_function_of_ones_own(walk: Walk) -> None:
    (named,) = re.findall(r"Set `PROGRESS_REDACT=([\w.]+)` for workers", text_of(ACCESS))
    for block in blocks(ACCESS, "Secrets"):
        walk.write(block)
    walk.variables |= {"PROGRESS_REDACT": named, "PYTHONPATH": str(walk.folder)}
    walk.variables["PROGRESS_REDIS_URL"] = f"redis://{walk.redis}/0"
    walk.start(f"progress-backend serve --port {walk.port}", r"^progress-backend: http")
    about = {"db_password": "x", "accessToken": "x", "shop": 7203}
    new = {"task_type": "fetch_data", "total_items": 1, "metadata": about}
    task_id = walk.http.post("/internal/create-task", json=new).json()["task_id"]
    failed = {"status": "error", "error_message": "7203: redis://:x@cache/0?api_key=x refused"}
    walk.http.put(f"/internal/task/{task_id}/update", json=failed)
    record = walk.record(task_id)
    assert record["error_message"] == "****: redis://:***@cache/0?api_key=*** refused"
    assert record["metadata"] == {"db_password": "***", "accessToken": "***", "shop": 7203}


def test_sentinels_address_is_understood() -> None:
    shown, _ = blocks(REDIS, "Redis", "text")
    client = sync_client(Settings(redis_url=shown.text.strip()), Deadline(0.1))
    pool = client.connection_pool
    assert isinstance(pool, redis.sentinel.SentinelConnectionPool)
    assert pool.service_name == "mymaster"
    client.close()


def test_a_clusters_address_is_understood() -> None:
    _, shown = blocks(REDIS, "Redis", "text")
    settings = Settings(redis_url=shown.text.strip())
    assert settings.clustered
    assert settings.partitions == 16
    assert Layout.of(settings).keys[3].task("x") == "{p3}:task:x"


def test_the_pings_and_the_proxys_patience_fit() -> None:
    (nginx,) = blocks("docs/proxy.md", "The API behind a proxy", "nginx")
    patience = re.search(r"proxy_read_timeout (\d+)s", nginx.text)
    assert OPTIONS["ws_ping_interval"] * 2 < int(patience[1])


def test_the_alerts_are_about_figures_that_there_are() -> None:
    file = ROOT / "docker" / "prometheus" / "progress.rules.yml"
    (group,) = yaml.safe_load(file.read_text("utf-8"))["groups"]
    there = tables.names()
    for rule in group["rules"]:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
        page, _, section = rule["annotations"]["runbook_url"].rpartition("/")[2].partition("#")
        assert section in anchors(f"docs/{page.removesuffix('.html')}.md")
        named = re.findall(r"\b(progress_\w+)(?:\{([^}]*)\})?", rule["expr"])
        assert named
        for name, labels in named:
            assert set(re.findall(r"(\w+)[=!]", labels)) <= there[name], rule
        assert rule["expr"].count("(") == rule["expr"].count(")")
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"]) == 12


def test_the_dashboard_is_about_all_figures_and_labels_that_there_are() -> None:
    file = ROOT / "docker" / "grafana" / "progress.json"
    dashboard = json.loads(file.read_text("utf-8"))
    there, shown = tables.names(), set()
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            named = re.findall(r"\b(progress_\w+)(?:\{([^}]*)\})?", target["expr"])
            shown |= {name for name, _ in named}
            (known,) = {frozenset(there[name]) for name, _ in named}
            known |= {"instance"}  # Prometheus itself adds it
            matched = {one for _, labels in named for one in re.findall(r"(\w+)[=!]", labels)}
            grouped = re.findall(r"by \(([\w, ]+)\)", target["expr"])
            by = {label.strip() for labels in grouped for label in labels.split(",")}
            used = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert matched <= known, target["expr"]
            assert used <= by <= known, target["expr"]
            assert target["expr"].count("(") == target["expr"].count(")")
    histograms = {name.removesuffix("_bucket") for name in there if name.endswith("_bucket")}
    beside = {f"{name}_{part}" for name in histograms for part in ("sum", "count")}
    assert shown == {name for name in there if name.startswith("progress_")} - beside


def test_the_figures_are_those_that_are_served(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, webhooks=spec())
    api.http.get("/internal/tasks")
    records = Records(redis_url)
    records.start("job")
    records.complete("job")
    served = {
        name
        for name in re.findall(r"^(\w+)", api.http.get("/metrics").text, re.MULTILINE)
        if not name.endswith("_created")
    }
    assert served == set(tables.names())


def promtool() -> str:
    """Prometheus's own tool."""
    found = shutil.which("promtool")
    if found is None:
        missing("promtool (apt-get install promtool)")
    return str(found)


@pytest.mark.wide
def test_prometheus_takes_the_rules() -> None:
    file = ROOT / "docker" / "prometheus" / "progress.rules.yml"
    done = subprocess.run([promtool(), "check", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 rules found" in done.stdout


#: Series of an API, a value a minute, and the alert that must fire at an hour and a half.
ALERTS = {
    "ProgressTypeFails": {
        'progress_ended_total{task_type="t", status="error", cause="exception"}': "0+1x120",
        'progress_ended_total{task_type="t", status="completed", cause=""}': "0+3x120",
        'progress_ended_total{task_type="calm", status="error", cause="lost"}': "0x120",
        'progress_ended_total{task_type="calm", status="completed", cause=""}': "0+3x120",
        'progress_ended_total{task_type="steps", status="error", cause="upstream"}': "0+9x120",
        'progress_ended_total{task_type="steps", status="cancelled", cause=""}': "0+9x120",
    },
    "ProgressNoSuccess": {
        'progress_last_success_timestamp_seconds{task_type="t", scheduled="true"}': "-90000x120",
        'progress_last_success_timestamp_seconds{task_type="calm", scheduled="true"}': "0x120",
        'progress_last_success_timestamp_seconds{task_type="steps", scheduled="false"}': "-1e6x120",
    },
    "ProgressRunsLost": {
        'progress_ended_total{task_type="t", status="error", cause="lost"}': "0x80 1x40",
        'progress_ended_total{task_type="calm", status="error", cause="lost"}': "3x120",
    },
}


@pytest.mark.wide
@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_fires_for_the_type_that_it_is_about(tmp_path: Path, alert: str) -> None:
    file = ROOT / "docker" / "prometheus" / "progress.rules.yml"
    (group,) = yaml.safe_load(file.read_text("utf-8"))["groups"]
    group["rules"] = [rule for rule in group["rules"] if rule["alert"] == alert]
    (rule,) = group["rules"]
    # Two processes have the same series.
    series = [
        {"series": name.replace("}", f', instance="{instance}"}}'), "values": values}
        for name, values in ALERTS[alert].items()
        for instance in ("a", "b")
    ]
    annotations = {
        name: text.replace("{{ $labels.task_type }}", "t")
        for name, text in rule["annotations"].items()
    }
    fires = {"exp_labels": {"task_type": "t", "severity": "ticket"}, "exp_annotations": annotations}
    asked = {"eval_time": "90m", "alertname": alert, "exp_alerts": [fires]}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [group]}))
    test = {"interval": "1m", "input_series": series, "alert_rule_test": [asked]}
    (tmp_path / "test.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [test]})
    )
    command = [promtool(), "test", "rules", tmp_path / "test.yml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.wide
def test_prometheus_parses_each_panel(tmp_path: Path) -> None:
    panels = json.loads((ROOT / "docker" / "grafana" / "progress.json").read_text("utf-8"))[
        "panels"
    ]
    exprs = [target["expr"] for panel in panels for target in panel["targets"]]
    rules = [
        {"record": f"panel:{number}", "expr": expr.replace("$__rate_interval", "5m")}
        for number, expr in enumerate(exprs)
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run([promtool(), "check", "rules", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(exprs)} rules found" in done.stdout


@pytest.mark.wide
def test_prometheus_takes_the_figures(start_api: StartApi, redis_url: str) -> None:
    api, records = start_api(redis_url=redis_url, webhooks=spec()), Records(redis_url)
    records.start("job")
    records.complete("job")
    figures = api.http.get("/metrics", headers={"Accept": "text/plain"}).text
    command = [promtool(), "check", "metrics"]
    done = subprocess.run(command, input=figures, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.wide
def test_the_units_are_what_systemd_takes(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze")
    shown = blocks(DEPLOY, "Under systemd", "ini")
    assert len(shown) == 3
    for block in shown:
        name = block.text.splitlines()[0].removeprefix("# ")
        # The programs of this environment, and this user, stand for the reader's.
        text = block.text.replace("/srv/shop/.venv/bin", str(PROGRAMS))
        text = text.replace("/srv/shop", str(tmp_path)).replace("User=shop", "User=root")
        (tmp_path / name).write_text(text)
        done = ran([program, "verify", "--man=no", tmp_path / name])
        about = [line for line in done.stderr.splitlines() if name in line]
        assert (done.returncode, about) == (0, []), done.stderr


def test_the_commands_about_tokens_do_what_the_page_says(tmp_path: Path) -> None:
    (block,) = blocks(ACCESS, "Tokens", "sh")
    export, *commands = block.text.splitlines()
    name = export.removeprefix("export ").partition("=")[0]
    run, env = CliRunner(), {name: str(tmp_path / "tokens")}
    for command in commands:
        words = command.partition("#")[0].split()
        assert words[0] == "progress-backend"
        done = run.invoke(main, words[1:], env=env)
        assert done.exit_code == 0, done.output
    left = tokens.read_file(tmp_path / "tokens")
    assert [token.name for token in left] == ["deploy", "customer", "alice"]
    (shown,) = blocks(ACCESS, "Tokens", "text")
    lines = tokens.read(shown.text.splitlines())
    assert [(token.name, token.role, token.task_type, token.owner) for token in lines] == [
        (token.name, token.role, token.task_type, token.owner) for token in left
    ]


def test_a_task_is_its_users_as_the_example_says() -> None:
    (block,) = blocks(ACCESS, "Owners", "python")
    made: dict[str, Any] = {}
    with unhijacked():
        exec(block.text, made)
        task = made["export"]
        task.app.finalize()
        marking = marking_of(task)
    assert marking is not None
    assert identity_of(task, task.name, marking, ("alice",), {}, {}).owner == "alice"


def test_the_example_signs_a_token_for_one_task(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = blocks(ACCESS, "Share tokens", "python")
    monkeypatch.setenv("PROGRESS_SIGNING_KEYS", "k" * 32)
    made: dict[str, str] = {}
    exec(block.text, made)
    share = ShareTokens(("k" * 32,)).read(made["token"])
    assert (share.kind, share.name) == ("task", "a-task-id")


@pytest.mark.wide
def test_the_log_without_queries_is_nginxs(tmp_path: Path) -> None:
    (block,) = blocks(ACCESS, "Share tokens", "nginx")
    log = tmp_path / "access.log"
    lines = block.text.replace("/var/log/nginx/progress.log", str(log))
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"pid {tmp_path}/pid; events {{}} http {{ {lines} }}")
    done = ran([nginx(), "-t", "-c", conf, "-e", tmp_path / "error.log"])
    assert done.returncode == 0, done.stderr
