"""What the compose file says: as it is written, and as compose reads it; nothing is started."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from progress_backend.settings import Settings
from tests.docker.engine import BASE, DOCKERFILE, STAND_INS, names_private_networks
from tests.docker.stack import FILE, LINES, Stack
from tests.servers import ROOT

OURS = ("api", "beat", "flower", "prices", "worker")
SETTINGS = {f"PROGRESS_{name.upper()}" for name in Settings.__dataclass_fields__}
DOORS = {"api": 8004, "flower": 5555}
#: Settings that have secrets, or name their files, and the services that need them. None is given
#: PROGRESS_WEBHOOKS: `docker inspect` would show what signs.
WEBHOOKS = {"PROGRESS_WEBHOOKS_FILE": {"api", "beat", "worker"}, "PROGRESS_WEBHOOKS": set()}
TOKENS = ("PROGRESS_TOKENS", "PROGRESS_TOKENS_FILE", "PROGRESS_SIGNING_KEYS")
OF_SOME = {**WEBHOOKS, **{name: {"api"} for name in TOKENS}, "FLOWER_BASIC_AUTH": {"flower"}}
REFERENCE = re.compile(r"\{(\w+)\}(?!\w)")


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"])


def test_every_setting_is_passed_on(written: dict[str, Any]) -> None:
    for service in OURS:
        given = set(written[service]["environment"])
        assert given >= SETTINGS - OF_SOME.keys(), service
        assert {n for n in OF_SOME if n in given} == {n for n in OF_SOME if service in OF_SOME[n]}


def test_a_secret_is_given_to_the_services_that_refer_to_it_and_no_other(
    written: dict[str, Any],
) -> None:
    made = yaml.safe_load(FILE.read_text(encoding="utf-8"))["secrets"]
    assert set(made) == set(LINES)
    for service in set(OURS) - {"prices"}:
        values = map(str, written[service]["environment"].values())
        named = {name for value in values for name in REFERENCE.findall(value)} - {"PROGRESS"}
        # The broker's address may name RabbitMQ's.
        assert {*named, "rabbitmq"} == set(written[service]["secrets"]), service
    assert written["prices"]["secrets"] == []


def test_proxies_on_private_networks_may_name_their_callers(written: dict[str, Any]) -> None:
    proxies = written["api"]["environment"]["FORWARDED_ALLOW_IPS"]
    names_private_networks(proxies.removeprefix("${FORWARDED_ALLOW_IPS:-").removesuffix("}"))


def test_files_of_tokens_and_webhooks_have_a_place_in_a_folder_that_is_read_only(
    written: dict[str, Any],
) -> None:
    def places(service: str) -> set[str]:
        mounts = written[service].get("volumes", [])
        return {
            m.split(":")[-2] for m in mounts if m.startswith("${SECRETS_DIR") and m[-3:] == ":ro"
        }

    assert places("api") == {"/run/progress/tokens", "/run/progress/webhooks"}
    assert places("worker") == places("beat") == {"/run/progress/webhooks"}
    assert places("flower") == places("prices") == set()


@pytest.mark.parametrize("service", ["api", "beat", "flower", "worker"])
def test_the_entry_point_puts_a_secret_in_place_of_its_name(
    service: str, written: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = importlib.util.spec_from_file_location("entrypoint", ROOT / "docker" / "entrypoint.py")
    assert spec.loader is not None
    entrypoint = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(entrypoint)
    for name in written[service]["secrets"]:
        (tmp_path / name).write_text(LINES[name].format("p@ss/w") + "\n", encoding="utf-8")
    environment = {
        name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value)
        for name, value in written[service]["environment"].items()
        if value is not None
    }
    monkeypatch.setattr(entrypoint, "SECRETS", str(tmp_path))
    monkeypatch.setattr(entrypoint.os, "execvp", lambda *_: None)
    monkeypatch.setattr(entrypoint.os, "environ", environment)
    entrypoint.main(written[service]["command"])
    assert not [value for value in environment.values() if REFERENCE.search(value)]
    assert environment["PROGRESS_REDIS_URL"] == "redis://:p%40ss%2Fw@redis:6379/0"
    assert environment.get("FLOWER_BASIC_AUTH", "progress:p@ss/w") == "progress:p@ss/w"
    assert environment.get("PROGRESS_SIGNING_KEYS", "p@ss/w") == "p@ss/w"


def test_images_of_others_have_an_exact_version_and_no_digest(written: dict[str, Any]) -> None:
    """A digest that was not read from the public image would be another image's."""
    named = [written["redis"]["image"], written["rabbitmq"]["image"], BASE]
    for image in named:
        assert re.fullmatch(r"\w+:\d+\.\d+\.\d+(-[a-z]+)*", image), image
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert bases == [BASE, BASE]
    assert set(named) == set(STAND_INS)


def test_it_holds_no_secret(written: dict[str, Any]) -> None:
    """Whoever sets one sets it outside: no value, no default and no address has a password."""
    for service, entry in written.items():
        for name, value in (entry.get("environment") or {}).items():
            # {redis} is the name of a file.
            assert not re.search(r"://[^/]*:(?!\{\w+\}@)[^/]*@", str(value)), f"{service}: {name}"
            if re.search("AUTH|PASS|SECRET|TOKEN|KEY$", name):
                assert value is None or REFERENCE.fullmatch(value), f"{service}: {name}"


@pytest.mark.docker
def test_compose_reads_it_so() -> None:
    given = {name: f"given-{name}" for name in SETTINGS}
    read = json.loads(Stack(**given).compose("config", "--format", "json"))["services"]
    for service in OURS:
        environment = read[service]["environment"]
        for name in SETTINGS - OF_SOME.keys():
            assert environment[name] == given[name]
    assert read["api"]["environment"]["PROGRESS_TOKENS_FILE"] == given["PROGRESS_TOKENS_FILE"]
    assert read["api"]["environment"]["PROGRESS_SIGNING_KEYS"] == "{signing}"
    assert read["flower"]["environment"]["FLOWER_BASIC_AUTH"] == "{flower}"
    assert "FLOWER_BASIC_AUTH" not in read["api"]["environment"]
    ports = {name: entry["ports"] for name, entry in read.items() if "ports" in entry}
    assert {name: [port["target"] for port in found] for name, found in ports.items()} == {
        name: [port] for name, port in DOORS.items()
    }
    assert {port["host_ip"] for found in ports.values() for port in found} == {"127.0.0.1"}
