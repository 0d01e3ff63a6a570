"""What the demonstration shop and its simulators agree on."""

import re
from base64 import b64decode
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aftercare.cli import app
from aftercare.errors import ConfigurationError
from aftercare.simulation import SIMULATORS, simulated_secrets
from connectors.simulators.people import with_numbers, with_openids
from shop import phone_key
from shop.demo.customers import load_customers

SECRET = b"a secret of a home, long enough to be one"


def test_secrets_follow_from_the_home_and_have_the_platforms_forms() -> None:
    secrets = simulated_secrets(SECRET)
    assert secrets == simulated_secrets(SECRET)
    assert not set(secrets.values()) & set(simulated_secrets(SECRET + b"!").values())
    assert len(set(secrets.values())) == len(secrets) == 6
    assert secrets["whatsapp_token"].startswith("EAA")
    assert re.fullmatch("[0-9a-f]{32}", secrets["whatsapp_app_secret"])
    assert re.fullmatch("[A-Za-z0-9]{3,32}", secrets["wechat_token"])
    assert re.fullmatch("[A-Za-z0-9]{43}", secrets["wechat_aes_key"])
    assert len(b64decode(secrets["wechat_aes_key"] + "=")) == 32


def test_keys_have_their_form_whatever_the_secret() -> None:
    for number in range(200):
        assert simulated_secrets(str(number).encode())["wechat_aes_key"].isalnum()


def test_customers_are_those_of_the_demonstration_shop() -> None:
    numbers = {phone_key(customer.phone or "") for customer in load_customers()}
    people = with_numbers()
    assert {person.id for person in people} <= numbers
    assert {person.language for person in people} == {"en", "de", "es", "fr", "zh"}
    openids = [person.id for person in with_openids()]
    assert openids == [person.id for person in with_openids()]
    assert len(set(openids)) == len(openids)
    assert all(re.fullmatch("o[A-Za-z0-9_-]{27}", openid) for openid in openids)


@pytest.mark.parametrize("platform", SIMULATORS)
def test_the_command_says_what_is_wrong(platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path / "home"))
    result = CliRunner().invoke(app, ["simulate", platform, "--webhook", "localhost:8000"])
    assert isinstance(result.exception, ConfigurationError)
    assert "--webhook" in str(result.exception)
    monkeypatch.setenv("AFTERCARE_DEMO", "false")
    result = CliRunner().invoke(app, ["simulate", platform])
    assert isinstance(result.exception, ConfigurationError)
    assert "demonstration" in str(result.exception)
