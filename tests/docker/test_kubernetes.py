"""The Kubernetes manifests: as the API server reads them, and as the image and its routes are."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from progress_backend import web
from progress_backend.settings import Settings
from progress_backend.web.server.serve import GRACE_S
from tests.docker.engine import DOCKERFILE, names_private_networks
from tests.docker.stack import FILE as COMPOSE
from tests.docs.reading import text_of
from tests.servers import ROOT

FOLDER = ROOT / "docker" / "kubernetes"
FILES = sorted(FOLDER.glob("*.yaml"))
OPTIONAL = sorted((FOLDER / "optional").iterdir())
#: An older version of Kubernetes, and the newest that is known here.
VERSIONS = ("1.34", kubernetes_validate.latest_version())
DEPLOYED = ("api", "beat", "worker")
PAGE = "docs/docker.md"


def manifests(files: list[Path] = FILES) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in files:
        for each in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            yield file.stem, each


def faults(manifest: dict[str, Any], version: str) -> str | None:
    """What the version's own schema says against it; names that it does not know count."""
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{error.path}: {error.message}"
    return None


@pytest.fixture(scope="module")
def deployments() -> dict[str, dict[str, Any]]:
    return {name: each for name, each in manifests() if each["kind"] == "Deployment"}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """What the compose file says."""
    return dict(yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"])


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    (only,) = deployment["spec"]["template"]["spec"]["containers"]
    return dict(only)


def probes(deployment: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = container(deployment).items()
    return {name: probe for name, probe in found if name.endswith("Probe")}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_api_server_would_take_them(version: str) -> None:
    found = list(manifests())
    assert {name for name, _ in found} == set(DEPLOYED)
    for name, manifest in found:
        assert faults(manifest, version) is None, name


@pytest.mark.parametrize("version", VERSIONS)
def test_the_api_server_would_take_the_optional_ones(version: str) -> None:
    found = [each for _, each in manifests(OPTIONAL)]
    own = [each for each in found if each["apiVersion"] != "monitoring.coreos.com/v1"]
    assert {each["kind"] for each in own} == {"PodDisruptionBudget", "NetworkPolicy", "Ingress"}
    for manifest in own:
        assert faults(manifest, version) is None, manifest["metadata"]
    page = text_of(PAGE)
    for file in OPTIONAL:
        assert f"`docker/kubernetes/optional/{file.name}`" in page


def test_the_optional_ones_name_pods_and_ports_that_there_are(
    deployments: dict[str, dict[str, Any]],
) -> None:
    pods = [each["spec"]["template"]["metadata"]["labels"] for each in deployments.values()]
    names = {labels["app.kubernetes.io/name"] for labels in pods}
    (service,) = [each for _, each in manifests() if each["kind"] == "Service"]
    (port,) = service["spec"]["ports"]
    for _, manifest in manifests(OPTIONAL):
        text = yaml.safe_dump(manifest)
        assert set(re.findall(r"progress-(?:api|worker|beat)\b", text)) <= names
        if manifest["kind"] == "Ingress":
            (path,) = manifest["spec"]["rules"][0]["http"]["paths"]
            assert path["backend"]["service"]["port"] == {"name": port["name"]}
            wait = manifest["metadata"]["annotations"]
            assert wait["nginx.ingress.kubernetes.io/proxy-read-timeout"] == "60"
        if manifest["kind"] == "ServiceMonitor":
            assert manifest["spec"]["selector"]["matchLabels"].items() <= (
                service["metadata"]["labels"].items()
            )
            (endpoint,) = manifest["spec"]["endpoints"]
            assert (endpoint["port"], endpoint["path"]) == (port["name"], "/metrics")
            secret = endpoint["authorization"]["credentials"]["name"]
            assert f"create secret generic {secret} --from-literal=token=" in text_of(PAGE)


def test_each_selects_its_own_pods(deployments: dict[str, dict[str, Any]]) -> None:
    for name, deployment in deployments.items():
        chosen = deployment["spec"]["selector"]["matchLabels"]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert chosen.items() <= labels.items()
        assert chosen == {"app.kubernetes.io/name": f"progress-{name}"}
        assert deployment["metadata"]["name"] == f"progress-{name}"
    (service,) = [each for _, each in manifests() if each["kind"] == "Service"]
    assert service["spec"]["selector"] == {"app.kubernetes.io/name": "progress-api"}
    assert service["spec"]["type"] == "ClusterIP"  # nothing here lets it out of the cluster
    (port,) = service["spec"]["ports"]
    (opened,) = container(deployments["api"])["ports"]
    assert (port["port"], port["targetPort"]) == (8004, opened["name"])
    assert f"EXPOSE {opened['containerPort']} " in DOCKERFILE.read_text(encoding="utf-8")


def test_they_run_the_image_s_commands(
    deployments: dict[str, dict[str, Any]], services: dict[str, dict[str, Any]]
) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for name, deployment in deployments.items():
        assert container(deployment)["image"] == f"progress-backend:{version}"
        assert container(deployment)["args"][0] == services[name]["command"][0] == name
    given = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", word) for word in services["worker"]["command"]]
    assert container(deployments["worker"])["args"] == given


def test_the_probes_ask_routes_and_commands_that_there_are(
    deployments: dict[str, dict[str, Any]], services: dict[str, dict[str, Any]]
) -> None:
    app = web.create_app(Settings(redis_url="redis://127.0.0.1:6379/0"))
    paths = app.openapi()["paths"]
    asked = probes(deployments["api"])
    assert {name: probe["httpGet"]["path"] for name, probe in asked.items()} == {
        "startupProbe": "/internal/health/live",
        "livenessProbe": "/internal/health/live",
        "readinessProbe": "/internal/health",
    }
    for probe in asked.values():
        assert "get" in paths[probe["httpGet"]["path"]]
    (checked,) = re.findall(r"^    CMD (\[.*health.*\])$", DOCKERFILE.read_text(), re.MULTILINE)
    for name in ("worker", "beat"):
        for probe in probes(deployments[name]).values():
            assert probe["exec"]["command"] == yaml.safe_load(checked)


def test_what_ends_is_waited_for(
    deployments: dict[str, dict[str, Any]], services: dict[str, dict[str, Any]]
) -> None:
    waits = {
        name: each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        for name, each in deployments.items()
    }
    assert f"{waits['worker']}s" == services["worker"]["stop_grace_period"]
    sleep = container(deployments["api"])["lifecycle"]["preStop"]["exec"]["command"]
    assert waits["api"] > GRACE_S + int(sleep[1])
    beat = deployments["beat"]["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


def test_every_pod_is_bounded_as_the_compose_file_s(
    deployments: dict[str, dict[str, Any]], services: dict[str, dict[str, Any]]
) -> None:
    for name, deployment in deployments.items():
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert "USER 10001:10001" in DOCKERFILE.read_text(encoding="utf-8")
        assert pod["automountServiceAccountToken"] is pod["enableServiceLinks"] is False
        assert container(deployment)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        mounted = {each["mountPath"] for each in container(deployment)["volumeMounts"]}
        assert mounted >= set(services[name]["tmpfs"])
        bounds = container(deployment)["resources"]["limits"]
        memory, cpus = (services[name][of].partition(":-")[2][:-1] for of in ("mem_limit", "cpus"))
        assert bounds["memory"] == memory.replace("m", "Mi").replace("g", "Gi"), name
        assert float(bounds["cpu"]) == float(cpus)
    assert deployments["worker"]["spec"]["template"]["spec"]["shareProcessNamespace"] is True


def test_they_hold_no_secret_and_name_what_the_page_makes(
    deployments: dict[str, dict[str, Any]],
) -> None:
    page = text_of(PAGE)
    for deployment in deployments.values():
        secret, settings = container(deployment)["envFrom"]
        assert f"create secret generic {secret['secretRef']['name']} " in page
        assert f"create configmap {settings['configMapRef']['name']} " in page
        assert settings["configMapRef"]["optional"] is True
        names = [each["name"] for each in container(deployment).get("env", [])]
        assert not [name for name in names if re.search("URL|PASS|SECRET", name)] or names == [
            "PRICES_URL"
        ]
    given = re.findall(r"--from-literal=([A-Z_]+)=", page)
    known = {f"PROGRESS_{field.upper()}" for field in Settings.__dataclass_fields__}
    assert set(given) - known == {"CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"}
    assert "://:PASSWORD@" in page


def test_tokens_keys_and_webhooks_are_given_to_the_pods_that_need_them_alone(
    deployments: dict[str, dict[str, Any]],
) -> None:
    page = text_of(PAGE)
    mounts: dict[str, dict[str, str]] = {}
    for name, deployment in deployments.items():
        pod = deployment["spec"]["template"]["spec"]
        places = {m["name"]: m for m in container(deployment)["volumeMounts"]}
        secrets = {v["name"]: v["secret"] for v in pod["volumes"] if "secret" in v}
        assert all(places[of]["readOnly"] for of in secrets)
        assert all(secret["defaultMode"] == 0o440 for secret in secrets.values())
        assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]
        mounts[name] = {secrets[of]["secretName"]: places[of]["mountPath"] for of in secrets}
        for secret in mounts[name]:
            assert f"create secret generic {secret} " in page
        # Pods start without webhooks; an API without tokens would not.
        assert {of for of in secrets if secrets[of].get("optional")} == {"webhooks"}
    webhooks = {"progress-webhooks": "/run/progress/webhooks"}
    assert mounts["worker"] == mounts["beat"] == webhooks
    assert mounts["api"] == {"progress-tokens": "/run/progress/tokens", **webhooks}
    path, proxies, keys = container(deployments["api"])["env"]
    assert proxies["name"] == "FORWARDED_ALLOW_IPS"
    names_private_networks(proxies["value"])
    assert path == {"name": "PROGRESS_TOKENS_FILE", "value": "/run/progress/tokens/tokens"}
    assert "--from-file=tokens" in page
    assert "PROGRESS_WEBHOOKS_FILE=/run/progress/webhooks/webhooks.json" in page
    assert "--from-file=webhooks.json" in page
    key = keys["valueFrom"]["secretKeyRef"]
    assert (keys["name"], key["optional"]) == ("PROGRESS_SIGNING_KEYS", True)
    assert f"create secret generic {key['name']} --from-literal={key['key']}=" in page
