from pathlib import Path

import pytest

from aftercare.settings import PREFIX, ROOT, Settings, SettingsError

PASSWORD = "hunter2secret"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no `.env` of whoever runs the tests."""
    import os

    for name in list(os.environ):
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def problem() -> str:
    """What is said about the settings."""
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    return str(caught.value)


def test_everything_has_a_default() -> None:
    settings = Settings.load()
    assert (settings.host, settings.port, settings.workers) == ("localhost", 8000, 1)
    assert settings.default_language == "en"
    assert settings.project == ROOT
    assert settings.home == Path("var")
    assert settings.database == "sqlite:///var/aftercare.db"
    assert settings.models == Path("var/models")
    assert settings.demo is True
    assert settings.address == "http://localhost:8000"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("AFTERCARE_PORT", "9001")
    monkeypatch.setenv("AFTERCARE_DEMO", "false")
    monkeypatch.setenv("AFTERCARE_REDIS_URL", "redis://localhost:6379/0")
    settings = Settings.load()
    assert settings.port == 9001
    assert settings.demo is False
    assert settings.redis_url == "redis://localhost:6379/0"
    assert settings.database == f"sqlite:///{tmp_path / 'state' / 'aftercare.db'}"
    assert settings.models == tmp_path / "state" / "models"


def test_a_database_of_its_own_wins_over_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_DATABASE_URL", "postgresql://shop@db.example/aftercare")
    assert Settings.load().database == "postgresql://shop@db.example/aftercare"


def test_a_file_env_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(
        "# Ours\nAFTERCARE_PORT=9001\nAFTERCARE_HOST=0.0.0.0\nOTHER=1\nAFTERCARE_NOT_OURS=1\n", encoding="utf-8"
    )
    assert (Settings.load().host, Settings.load().port) == ("0.0.0.0", 9001)
    monkeypatch.setenv("AFTERCARE_PORT", "9002")
    assert (Settings.load().host, Settings.load().port) == ("0.0.0.0", 9002)


def test_what_the_command_line_says_wins_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_PORT", "9001")
    assert Settings.load(port=9003, host=None).port == 9003
    assert Settings.load(port=None).port == 9001


def test_customers_reach_the_server_where_it_listens_unless_it_is_said_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings.load(host="0.0.0.0", port=9001).address == "http://0.0.0.0:9001"
    monkeypatch.setenv("AFTERCARE_PUBLIC_URL", "https://shop.example/support/")
    assert Settings.load(port=9001).address == "https://shop.example/support"


def test_the_files_of_a_project_lie_in_its_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    articles, policies = tmp_path / "knowledge_base" / "articles", tmp_path / "shop" / "policies.yml"
    articles.mkdir(parents=True)
    policies.parent.mkdir()
    policies.touch()
    monkeypatch.setenv("AFTERCARE_PROJECT", str(tmp_path))
    settings = Settings.load()
    assert settings.articles == articles
    assert settings.policies == policies
    assert settings.config_file == tmp_path / "config.yml"
    assert settings.domain_file == tmp_path / "bot" / "domain.yml"
    assert settings.training_data == tmp_path / "bot" / "data"
    assert settings.locales == tmp_path / "bot" / "locales"
    assert settings.help_centre_locales == tmp_path / "help_centre" / "locales"
    assert settings.mail_locales == tmp_path / "mail" / "locales"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", ""),
        ("WORKERS", "0"),
        ("WORKERS", "1.5"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("DEMO", "perhaps"),
        ("PROJECT", "/no/such/folder"),
        ("ARTICLES", "/no/such/folder"),
        ("POLICIES", "/no/such/file.yml"),
        ("PUBLIC_URL", "shop.example"),
        ("MEDUSA_URL", "medusa.example"),
        ("REDIS_URL", "localhost:6379"),
        ("IDENTITY_SECRET", "x" * 31),
        ("SMTP_URL", "mail.example:587"),
        ("SMTP_URL", "http://mail.example"),
        ("SMTP_URL", "smtp://shop@mail.example"),
        ("SMTP_URL", "smtp://mail.example:port"),
        ("MAIL_FROM", "Halden"),
        ("MAIL_FROM", "care@halden.example, help@halden.example"),
        ("DATABASE_URL", "aftercare.db"),
        ("DATABASE_URL", "mysql://localhost/aftercare"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "postgresql://localhost:port/aftercare"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    assert problem().startswith(f"AFTERCARE_{name}: ")


def test_a_wrong_value_in_the_file_env_is_named_too() -> None:
    Path(".env").write_text("AFTERCARE_WORKERS=many\n", encoding="utf-8")
    assert problem().startswith("AFTERCARE_WORKERS: ")


def test_a_project_without_its_files_is_named_by_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AFTERCARE_PROJECT", str(tmp_path))
    assert str(tmp_path / "shop" / "policies.yml") in problem()


def test_every_wrong_value_is_named_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_PORT", "eighty")
    monkeypatch.setenv("AFTERCARE_LOG_LEVEL", "loud")
    assert [line.partition(":")[0] for line in problem().splitlines()] == ["AFTERCARE_PORT", "AFTERCARE_LOG_LEVEL"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", f"mysql://shop:{PASSWORD}@db.example/aftercare"),
        ("DATABASE_URL", f"postgresql://shop:{PASSWORD}@db.example:port/aftercare"),
        ("DATABASE_URL", f"sqlite://shop:{PASSWORD}@db.example/aftercare"),
        ("DATABASE_URL", PASSWORD),
        ("DATABASE_URL", f"postgresql://shop:p@ss:{PASSWORD}@db.example/aftercare"),
        ("REDIS_URL", f"http://:{PASSWORD}@redis.example"),
        ("SMTP_URL", f"http://shop:{PASSWORD}@mail.example"),
        ("SMTP_URL", f"smtp://shop:{PASSWORD}@mail.example:port"),
        ("SMTP_URL", PASSWORD),
        ("REDIS_URL", PASSWORD),
        ("IDENTITY_SECRET", PASSWORD),
    ],
)
def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    said = problem()
    assert said.startswith(f"AFTERCARE_{name}: ")
    assert PASSWORD not in said


def test_a_password_is_not_shown_by_another_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_DATABASE_URL", f"postgresql://shop:{PASSWORD}@db.example/aftercare")
    monkeypatch.setenv("AFTERCARE_PORT", "eighty")
    assert PASSWORD not in problem()


def test_a_medusa_server_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_MEDUSA_URL", "https://medusa.example/")
    assert problem().startswith("AFTERCARE_MEDUSA_KEY: ")
    monkeypatch.setenv("AFTERCARE_MEDUSA_KEY", PASSWORD)
    settings = Settings.load()
    assert settings.medusa_url == "https://medusa.example"
    assert PASSWORD not in repr(settings)


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
