"""The manifests: each is one, and they fit together."""

from typing import Any

import kubernetes_validate
import pytest

from aftercare.serving import CLOSING_SECONDS
from aftercare.settings import Settings
from tests.deploy.files import KUBERNETES, SECRETS, SETTINGS, load, load_all

VERSION = "1.34"

KUSTOMIZATION = load(KUBERNETES / "kustomization.yaml")
FOUND = [each for name in KUSTOMIZATION["resources"] for each in load_all(KUBERNETES / name)]
EXAMPLE = load(KUBERNETES / "secret.example.yaml")
NAMES = [f"{each['kind']} {each['metadata']['name']}" for each in [*FOUND, EXAMPLE]]


def one(kind: str, name: str = "aftercare") -> dict[str, Any]:
    """What an object is to be."""
    (found,) = [each for each in FOUND if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


POD = one("Deployment")["spec"]["template"]
CONTAINER = POD["spec"]["containers"][0]


@pytest.mark.parametrize("manifest", [*FOUND, EXAMPLE], ids=NAMES)
def test_every_manifest_is_one(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_all_mean_the_same_pods() -> None:
    labels = POD["metadata"]["labels"]
    assert one("Service")["spec"]["selector"] == labels
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert one(kind)["spec"]["selector"] == {"matchLabels": labels}
    assert one("NetworkPolicy")["spec"]["podSelector"] == {"matchLabels": labels}
    assert POD["spec"]["topologySpreadConstraints"][0]["labelSelector"] == {"matchLabels": labels}
    nowhere = one("Service", "aftercare-nowhere")["spec"]["selector"]
    assert nowhere and not nowhere.items() & labels.items()


def test_settings_and_secrets_are_those_of_the_server() -> None:
    given, secret = one("ConfigMap")["data"], EXAMPLE["stringData"]
    assert {*given, *secret} <= SETTINGS
    assert not {*given} & (SECRETS | {"AFTERCARE_DATABASE_URL", "AFTERCARE_REDIS_URL", "AFTERCARE_SMTP_URL"})
    assert {"AFTERCARE_SECRET", "AFTERCARE_DATABASE_URL", "AFTERCARE_REDIS_URL"} <= set(secret)
    sources = [next(iter(source.values()))["name"] for source in CONTAINER["envFrom"]]
    assert sources == [one("ConfigMap")["metadata"]["name"], EXAMPLE["metadata"]["name"]]


def test_a_pod_may_do_little() -> None:
    assert POD["spec"]["securityContext"]["runAsNonRoot"] is True
    assert POD["spec"]["automountServiceAccountToken"] is False
    rights = CONTAINER["securityContext"]
    assert rights == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["name"] for mount in CONTAINER["volumeMounts"]} == {
        volume["name"] for volume in POD["spec"]["volumes"]
    }


def test_an_update_drops_nobody() -> None:
    spec = one("Deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    given = one("ConfigMap")["data"]
    notice, ending = float(given["AFTERCARE_STOP_NOTICE_SECONDS"]), float(given["AFTERCARE_STOP_SECONDS"])
    ready, live = CONTAINER["readinessProbe"], CONTAINER["livenessProbe"]
    # Whoever sends something to the pod has noticed by then.
    assert notice >= ready["periodSeconds"] * ready["failureThreshold"]
    assert POD["spec"]["terminationGracePeriodSeconds"] >= notice + ending + CLOSING_SECONDS
    assert (ready["httpGet"]["path"], live["httpGet"]["path"]) == ("/health/ready", "/health/live")
    assert CONTAINER["startupProbe"]["httpGet"]["path"] == "/health/ready"


def test_it_grows_with_what_the_adapter_counts() -> None:
    (rule,) = load(KUBERNETES / "prometheus-adapter.yaml")["rules"]["custom"]
    scaler = one("HorizontalPodAutoscaler")["spec"]
    assert scaler["metrics"][0]["pods"]["metric"]["name"] == rule["name"]["as"]
    assert rule["seriesQuery"].startswith("aftercare_turns_total{")
    assert scaler["scaleTargetRef"]["name"] == one("Deployment")["metadata"]["name"]
    assert scaler["minReplicas"] >= 2


def test_the_public_gets_no_metrics() -> None:
    (rule,) = one("Ingress")["spec"]["rules"]
    leads = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert leads == {"/metrics": "aftercare-nowhere", "/health": "aftercare-nowhere", "/": "aftercare"}
    assert one("ConfigMap")["data"]["AFTERCARE_PUBLIC_URL"] == f"https://{rule['host']}"


def test_its_settings_are_good_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in one("ConfigMap")["data"].items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert (settings.workers, settings.proxies, settings.demo) == (2, 1, False)
