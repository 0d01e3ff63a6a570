"""The installation on one machine."""

import re

import pytest

from aftercare.serving import CLOSING_SECONDS
from aftercare.settings import Settings
from tests.deploy.files import DEPLOY, SECRETS, SETTINGS, load, variables

COMPOSE = load(DEPLOY / "compose.yaml")
SERVICES = COMPOSE["services"]
EXAMPLE = variables(DEPLOY / ".env.example")
APP = SERVICES["app"]["environment"]
NEEDED = set(re.findall(r"\$\{(\w+):\?\}", (DEPLOY / "compose.yaml").read_text()))
"""What has to be filled in."""
FILES = [DEPLOY / "compose.yaml", DEPLOY / "compose.monitoring.yaml", DEPLOY / "Caddyfile"]


def test_the_example_names_every_variable_and_gives_no_secret() -> None:
    named = set()
    for path in FILES:
        named |= set(re.findall(r"(?<!\$)\$?\{\$?([A-Z_]+)", path.read_text()))
    assert named - {"AFTERCARE_VERSION"} <= set(EXAMPLE)
    assert {name for name in EXAMPLE if name.startswith("AFTERCARE_")} <= SETTINGS | {"AFTERCARE_DOMAIN"}
    secret = {name for name in EXAMPLE if name in SECRETS or "PASSWORD" in name or "SMTP" in name}
    assert {name: EXAMPLE[name] for name in secret} == dict.fromkeys(secret, "")


def test_no_password_has_a_default() -> None:
    for path in FILES[:2]:
        for name, rest in re.findall(r"(?<!\$)\$\{([A-Z_]+)([^}]*)\}", path.read_text()):
            assert rest == ":?" or name == "AFTERCARE_VERSION", f"{path.name}: {name}"


def test_the_server_knows_the_settings_that_it_is_given() -> None:
    assert set(APP) <= SETTINGS


def test_the_example_is_all_that_the_server_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    filled = {name: value or ("x" * 64 if name in NEEDED else "") for name, value in EXAMPLE.items()}
    given = {name: re.sub(r"\$\{(\w+)\S*?\}", lambda found: filled[found[1]], value) for name, value in APP.items()}
    for name, value in {**filled, **given}.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert settings.address == f"https://{EXAMPLE['AFTERCARE_DOMAIN']}"
    assert settings.database == f"postgresql://aftercare:{'x' * 64}@postgres:5432/aftercare"
    assert (settings.workers, settings.proxies, settings.demonstration) == (2, 1, False)


def test_everybody_waits_for_what_they_need() -> None:
    for name, service in SERVICES.items():
        for other, wanted in service.get("depends_on", {}).items():
            assert wanted == {"condition": "service_healthy"}, name
            # That of the server is in its image.
            assert "healthcheck" in SERVICES[other] or other == "app"


@pytest.mark.parametrize("name", SERVICES)
def test_everybody_has_limits_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert {"cpus", "memory"} <= set(service["deploy"]["resources"]["limits"])
    assert "no-new-privileges:true" in service["security_opt"]


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert [SERVICES[name]["networks"] for name in ("postgres", "redis", "proxy")] == [["back"], ["back"], ["front"]]


def test_what_is_mounted_is_there() -> None:
    for path in FILES[:2]:
        compose = load(path)
        for service in compose["services"].values():
            for volume in service.get("volumes", ()):
                source = volume.split(":")[0]
                assert (DEPLOY / source).exists() if source.startswith(".") else source in compose["volumes"]


def test_what_is_under_way_may_end_before_the_server_is_killed() -> None:
    fields = Settings.model_fields
    needed = fields["stop_seconds"].default + fields["stop_notice_seconds"].default + CLOSING_SECONDS
    assert int(SERVICES["app"]["stop_grace_period"].removesuffix("s")) >= needed
